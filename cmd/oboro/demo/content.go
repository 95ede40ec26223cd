package demo

// pages are the pages of the site; the simulation takes their order for their
// popularity, the home page aside.
var pages = []*page{
	{
		slug:  "",
		Title: text{"朧県庁", "Oboro Prefectural Government"},
		Lead:  text{"暮らしの手続き、防災、県政の情報をお届けします。", "Procedures for daily life, disaster preparedness and news of the prefecture."},
		Sections: []section{
			{Head: text{"お知らせ", "Announcements"}, Items: []text{
				{"朧川の水防訓練を行います(11月29日)", "Flood drill on the Oboro river (29 November)"},
				{"運転免許センターが夜間窓口を始めます", "The driving licence centre opens in the evening"},
			}},
			{Head: text{"よくご覧になるページ", "Often asked for"}, Paras: []text{
				{"運転免許の更新、ごみの収集日、引越しの届出は、下の案内からお進みください。", "Renew a driving licence, find your collection day or report a move through the links below."},
			}},
		},
		links: []string{"licence", "garbage", "moving", "disaster", "news", "contact"},
	},
	{
		slug:  "licence",
		Title: text{"運転免許", "Driving licences"},
		Lead:  text{"免許の更新、住所の変更、再交付の手続きです。", "How to renew a licence, change its address or replace it."},
		Sections: []section{
			{Head: text{"更新に必要なもの", "What to bring for a renewal"}, Items: []text{
				{"運転免許証またはマイナ免許証", "Your licence, or your My Number Card with the licence on it"},
				{"更新のお知らせはがき", "The postcard that announces the renewal"},
				{"手数料(講習の区分により異なります)", "The fee, which depends on your course"},
			}},
			{Head: text{"受付時間", "Hours"}, Rows: []row{
				{text{"月曜から金曜", "Monday to Friday"}, text{"8時30分から11時30分、13時から16時", "8:30 to 11:30 and 13:00 to 16:00"}},
				{text{"日曜", "Sunday"}, text{"8時30分から11時(更新のみ)", "8:30 to 11:00, renewals only"}},
				{text{"土曜・祝日", "Saturdays and holidays"}, text{"休み", "Closed"}},
			}},
		},
		links: []string{"hours", "moving", "news/evening-counter", "lost"},
	},
	{
		slug:  "garbage",
		Title: text{"ごみ収集カレンダー", "Waste collection calendar"},
		Lead:  text{"地区ごとの収集日です。朝8時までにお出しください。", "Collection days by district. Put waste out before 8 in the morning."},
		Sections: []section{
			{Head: text{"北地区", "North district"}, Rows: []row{
				{text{"燃やすごみ", "Burnable"}, text{"月曜・木曜", "Monday and Thursday"}},
				{text{"プラスチック", "Plastic"}, text{"水曜", "Wednesday"}},
				{text{"びん・缶", "Bottles and cans"}, text{"第2・第4金曜", "Second and fourth Friday"}},
			}},
			{Head: text{"南地区", "South district"}, Rows: []row{
				{text{"燃やすごみ", "Burnable"}, text{"火曜・金曜", "Tuesday and Friday"}},
				{text{"プラスチック", "Plastic"}, text{"木曜", "Thursday"}},
				{text{"びん・缶", "Bottles and cans"}, text{"第1・第3水曜", "First and third Wednesday"}},
			}},
		},
		links:  []string{"moving", "contact"},
		broken: true,
	},
	{
		slug:  "moving",
		Title: text{"引越しの手続き", "Moving house"},
		Lead:  text{"転入、転出、転居の届出と、あわせて行う手続きです。", "Reporting a move in, out or within the prefecture, and what goes with it."},
		Sections: []section{
			{Head: text{"順番", "In this order"}, Items: []text{
				{"転出届:引越しの前に、今の市町村へ", "Before you move: tell the municipality you leave"},
				{"転入届:引越しから14日以内に、新しい市町村へ", "Within 14 days: tell the municipality you move to"},
				{"運転免許証、年金、水道の住所変更", "Change the address of your licence, pension and water supply"},
			}},
		},
		links: []string{"licence", "garbage", "childcare", "hours"},
	},
	{
		slug:  "childcare",
		Title: text{"子育て・保育", "Childcare"},
		Lead:  text{"保育所の申し込み、手当、相談の案内です。", "Applying for day care, allowances and advice."},
		Sections: []section{
			{Head: text{"保育所の申し込み", "Applying for day care"}, Paras: []text{
				{"4月からの入所は、11月1日から12月10日まで市町村の窓口で受け付けます。", "For April, apply at your municipality between 1 November and 10 December."},
			}},
			{Head: text{"手当", "Allowances"}, Rows: []row{
				{text{"3歳未満", "Under 3"}, text{"月15,000円", "15,000 yen a month"}},
				{text{"3歳から高校生", "From 3 to high school"}, text{"月10,000円", "10,000 yen a month"}},
			}},
		},
		links: []string{"moving", "contact", "hours"},
	},
	{
		slug:  "disaster",
		Title: text{"防災・避難", "Disaster preparedness"},
		Lead:  text{"警戒レベル、避難所、備えの案内です。", "Alert levels, shelters and how to prepare."},
		Sections: []section{
			{Head: text{"警戒レベル", "Alert levels"}, Rows: []row{
				{text{"レベル3", "Level 3"}, text{"高齢者などは避難", "Older people and those who need time: leave"}},
				{text{"レベル4", "Level 4"}, text{"危険な場所から全員避難", "Everyone leaves places in danger"}},
				{text{"レベル5", "Level 5"}, text{"命を守る最善の行動", "Protect your life where you are"}},
			}},
			{Head: text{"備え", "Prepare"}, Items: []text{
				{"水と食べ物を3日分", "Water and food for three days"},
				{"避難所までの道を、家族で歩いて確かめる", "Walk the way to your shelter together"},
			}},
		},
		links: []string{"news/flood-drill", "contact", "news"},
	},
	{
		slug:  "jobs",
		Title: text{"職員採用", "Working for the prefecture"},
		Lead:  text{"採用試験の日程と、仕事の紹介です。", "Examination dates, and what the work is like."},
		Sections: []section{
			{Head: text{"日程", "Dates"}, Rows: []row{
				{text{"申し込み", "Applications"}, text{"12月1日から1月15日まで", "1 December to 15 January"}},
				{text{"一次試験", "First examination"}, text{"2月7日", "7 February"}},
				{text{"面接", "Interviews"}, text{"3月上旬", "Early March"}},
			}},
		},
		links: []string{"contact", "news"},
	},
	{
		slug:  "lost",
		Title: text{"落とし物", "Lost property"},
		Lead:  text{"落とした方、拾った方へ。届け先と受け取りの方法です。", "For those who lost or found something: where to report and how to collect."},
		Sections: []section{
			{Head: text{"落としたとき", "If you lost something"}, Items: []text{
				{"最寄りの警察署か交番に遺失届を出す", "Report it at the nearest police station or box"},
				{"電車やバスの中なら、まず会社に電話する", "On a train or bus, call the company first"},
				{"見つかったら、本人確認書類を持って受け取る", "When it is found, bring proof of who you are"},
			}},
		},
		links: []string{"contact", "hours"},
	},
	{
		slug:  "hours",
		Title: text{"窓口の時間と場所", "Opening hours and places"},
		Lead:  text{"本庁舎と出先機関の受付時間です。", "When the main office and the branches are open."},
		Sections: []section{
			{Head: text{"受付時間", "Hours"}, Rows: []row{
				{text{"本庁舎", "Main office"}, text{"平日 8時30分から17時15分", "Weekdays, 8:30 to 17:15"}},
				{text{"パスポート窓口", "Passports"}, text{"平日 9時から18時、日曜 9時から16時(受け取りのみ)", "Weekdays, 9:00 to 18:00; Sundays, 9:00 to 16:00, collection only"}},
				{text{"北部事務所", "Northern branch"}, text{"平日 9時から16時", "Weekdays, 9:00 to 16:00"}},
			}},
		},
		links: []string{"contact", "licence"},
	},
	{
		slug:  "contact",
		Title: text{"お問い合わせ", "Contact"},
		Lead:  text{"分からないことは、担当の課へお尋ねください。", "Ask the section in charge."},
		Sections: []section{
			{Head: text{"電話", "By telephone"}, Rows: []row{
				{text{"代表", "Switchboard"}, text{"000-000-0000", "000-000-0000"}},
				{text{"防災課", "Disaster preparedness"}, text{"000-000-0001", "000-000-0001"}},
			}},
			{Head: text{"ご注意", "Please note"}, Paras: []text{
				{"朧県は架空の県です。電話はつながりません。", "This prefecture does not exist, and nobody answers."},
			}},
		},
		links: []string{"hours"},
	},
	{
		slug:  "news",
		Title: text{"お知らせ一覧", "News"},
		Lead:  text{"新しい順に並んでいます。", "The latest first."},
		Sections: []section{
			{Head: text{"11月", "November"}, Items: []text{
				{"朧川の水防訓練", "Flood drill on the Oboro river"},
				{"免許センターの夜間窓口", "Evening hours at the licence centre"},
			}},
		},
		links: []string{"news/flood-drill", "news/evening-counter"},
	},
	{
		slug:  "news/flood-drill",
		Title: text{"朧川の水防訓練", "Flood drill on the Oboro river"},
		Lead:  text{"11月29日(日)の朝、サイレンが鳴ります。本当の災害ではありません。", "Sirens sound on the morning of Sunday 29 November. It is not an emergency."},
		Sections: []section{
			{Head: text{"参加するには", "Taking part"}, Paras: []text{
				{"申し込みは要りません。9時に朧橋の河川敷へお集まりください。", "No registration. Come to the river bank at Oboro bridge by 9:00."},
			}},
		},
		links: []string{"disaster", "news"},
	},
	{
		slug:  "news/evening-counter",
		Title: text{"免許センターの夜間窓口", "Evening hours at the licence centre"},
		Lead:  text{"毎週水曜は19時まで更新できます。", "On Wednesdays you can renew until 19:00."},
		Sections: []section{
			{Head: text{"予約", "Booking"}, Paras: []text{
				{"混雑を避けるため、前の日までに電話でご予約ください。", "Please book by telephone the day before."},
			}},
		},
		links: []string{"licence", "hours", "news"},
	},
}

// notFound is shown at every path that has no page.
var notFound = &page{
	Title: text{"ページが見つかりません", "There is no such page"},
	Lead:  text{"アドレスが変わったか、リンクが切れています。", "Its address has changed, or the link is broken."},
	links: []string{"", "garbage", "contact"},
}
