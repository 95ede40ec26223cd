package notice

import "oboro/collector/hit"

// A word is one of the texts of the pages.
type word uint8

const (
	months word = iota
	audienceTeam
	audiencePublic

	titleRequest
	leadRequest
	headFields
	columnField
	columnArrived
	columnKept
	fieldTime
	fieldAddress
	fieldTarget
	thrown
	objectsAt
	headTold
	leadTold
	headCounted
	reverseAddress
	columnName
	columnPurpose
	columnFor
	columnAudience
	noStatistics

	titleObjection
	leadObjection
	isCounted
	isNotCounted
	objectsGPC
	buttonObject
	buttonReturn
	elsewhere
	hostOnly

	linkRequest
	linkObjection
	linkDeclaration
	linkJSON
	linksName
	product
	otherLanguage
)

// In returns the text in the language.
func (w word) In(l Lang) string { return words[w].In(l) }

var words = [...]Text{
	months:         {" か月", " months"},
	audienceTeam:   {"サイトの担当者", "the site's team"},
	audiencePublic: {"担当者。雑音を加えた数を公表", "the team; published with noise"},

	titleRequest: {"このアクセスで届いたもの", "What arrived with this request"},
	leadRequest: {
		"お使いのブラウザが今送ったものを項目ごとに示し、その横に、サイトの閲覧として集計する場合に何が残り、何のために使うかを示します。このページの表示は集計せず、届いたものを保存も記録もしません。",
		"This is what your browser has just sent, field by field, and beside it what would be kept if it came with a view of the site's pages, and for what. Looking at this page counts nowhere; nothing of it is stored or logged.",
	},
	headFields:     {"項目ごとの一覧", "Field by field"},
	columnField:    {"項目", "Field"},
	columnArrived:  {"届いたもの", "What arrived"},
	columnKept:     {"残るものと目的", "What would be kept, and for what"},
	fieldTime:      {"届いた時刻", "Time of receipt"},
	fieldAddress:   {"IPアドレス", "IP address"},
	fieldTarget:    {"求めたもの", "What was asked for"},
	thrown:         {"捨てます。", "Thrown away."},
	objectsAt:      {"次のサイトでは拒否の意思として扱います。", "At these sites it is an objection:"},
	headTold:       {"サイトのスクリプトが加えて送るもの", "What the site's script tells besides"},
	leadTold:       {"集計するページでは、スクリプトが次のものを送ります。", "On pages that are counted the script sends these."},
	headCounted:    {"集計している統計", "The statistics that are counted"},
	columnName:     {"統計", "Statistic"},
	columnPurpose:  {"目的", "Purpose"},
	columnFor:      {"保存期間", "Kept for"},
	columnAudience: {"見る人", "Seen by"},
	reverseAddress: {
		"表からネットワークが分からないときは、閲覧があると、このコンピューターの名前解決サーバーに名前を問い合わせます（DNSの逆引き）。アドレスはそのサーバー、その問い合わせ先、アドレスの持ち主のネームサーバーに示されます。答えからは登録されたドメインだけを残します。このページの表示では問い合わせません。",
		"Where no table tells the network, a view has a resolver on this computer asked for the name (reverse DNS): the address is shown to that server, to those that it asks, and to the name servers of the address's owner. Of the answer the registered domain alone is kept. Looking at this page asks nobody.",
	},
	noStatistics: {"ありません。", "None."},

	titleObjection: {"集計の拒否", "Objecting to being counted"},
	leadObjection: {
		"ここで拒否すると、お使いのブラウザによるこのサイトの閲覧を集計しません。そのための印（Cookie「oboro_objection=1」。個人やブラウザを見分ける番号は含みません）をひとつだけ、お使いの端末に最長 400 日保存します。ほかに端末に保存するものはなく、ボタンを押すまで何も保存しません。以後の閲覧は、拒否の件数に 1 を加えるだけです。",
		"If you object here, what this browser views of the site is not counted. For that one flag is stored on your device for at most 400 days: the cookie oboro_objection=1, without a number that could tell you or your browser from another. Nothing else is ever stored there, and nothing until you press the button. A view then adds one to a count of objections, and nothing else.",
	},
	isCounted:    {"今は集計しています。", "At present this browser is counted."},
	isNotCounted: {"今は集計していません。", "At present this browser is not counted."},
	objectsGPC:   {"お使いのブラウザは拒否の意思（Global Privacy Control）を自ら示しているので、集計していません。", "Your browser objects by itself (Global Privacy Control), so it is not counted."},
	buttonObject: {"集計を拒否する", "Do not count me"},
	buttonReturn: {"拒否を取り消す", "Count me again"},
	elsewhere: {
		"この窓口は集計するサイトと別のホストにあるので、ここでは拒否の印を付けられません。サイトにある「集計の拒否」のページをお使いになるか、ブラウザの Global Privacy Control を有効にしてください。",
		"This address is not of a site that is counted, so the flag cannot be set here. Use the page of the site on which you can object, or turn on Global Privacy Control in your browser.",
	},
	hostOnly: {"印はこのホストだけのものです。別のブラウザや、同じサイトの別のホストでは、そこで拒否してください。", "The flag is of this host alone: object once more in another browser, or on another host of the site."},

	linkRequest:     {"このアクセスで届いたもの", "What arrived with this request"},
	linkObjection:   {"集計の拒否", "Objecting to being counted"},
	linkDeclaration: {"集計の宣言（JSON）", "What is declared (JSON)"},
	linkJSON:        {"この内容の JSON", "This page as JSON"},
	linksName:       {"関連するページ", "Related pages"},
	product:         {"朧 Oboro", "Oboro"},
	otherLanguage:   {"English", "日本語"},
}

// becomes says what becomes of a field.
var becomes = map[Fate]Text{
	Recognised: {
		"IPアドレスと User-Agent から鍵付きハッシュを作り、その日のうち同じブラウザを一度だけ数えるのに使います。メモリーにだけ置き、その日の終わりに鍵とともに消します。",
		"Of address and User-Agent a keyed hash is made, so that one browser counts once a day. It stands in memory alone, and is destroyed with its key when the day ends.",
	},
	Objects:  {"拒否の意思として扱います。", "It is an objection."},
	Searched: {"集計を拒否する印があるかだけを見て、捨てます。", "It is looked at for the flag of an objection alone, and thrown away."},
	Read:     {"読んで判断に使い、捨てます。", "Looked at, and thrown away."},
	Paired: {
		"User-Agent と合わせて読み、捨てます。残るものは User-Agent の欄に示します。",
		"Read together with the User-Agent, and thrown away; what would be kept of both stands there.",
	},
	Dated: {"日付を残します。すべての統計は日ごとに数えます。", "The day is kept: all statistics are counted by the day."},
}

// named are the dimensions as visitors may read them.
var named = map[hit.Dimension]Text{
	hit.ByHour:     {"時間帯", "Hour"},
	hit.ByPage:     {"ページ", "Page"},
	hit.ByNext:     {"次のページ", "Next page"},
	hit.BySource:   {"参照元", "Source"},
	hit.ByCountry:  {"国・地域", "Country or region"},
	hit.ByBrowser:  {"ブラウザ", "Browser"},
	hit.ByVersion:  {"ブラウザの版", "Browser version"},
	hit.BySystem:   {"OS", "Operating system"},
	hit.ByDevice:   {"端末の種類", "Kind of device"},
	hit.ByLanguage: {"言語", "Language"},
	hit.ByViewport: {"画面の幅", "Width of the window"},
	hit.ByInput:    {"入力方法", "Input"},
	hit.ByMotion:   {"動き", "Motion"},
	hit.ByContrast: {"コントラスト", "Contrast"},
	hit.ByColours:  {"配色", "Colours"},
	hit.ByTheme:    {"テーマ", "Theme"},

	hit.ByChannel:        {"流入経路", "Channel"},
	hit.ByCampaign:       {"キャンペーン", "Campaign"},
	hit.ByCampaignSource: {"キャンペーンの配布元", "Campaign source"},
	hit.ByCampaignMedium: {"キャンペーンの媒体", "Campaign medium"},

	hit.ByRegion:       {"都道府県", "Prefecture"},
	hit.ByNetwork:      {"ネットワーク", "Network"},
	hit.ByNetworkClass: {"ネットワークの種類", "Kind of network"},
}

// told are the fields of a hit that the script sends, and what is kept of each.
var told = []struct {
	field string
	what  Text
	by    []hit.Dimension
}{
	{"u", Text{
		"ページのアドレス。サイトが宣言した項目を除く検索文字列、# 以下、個人にかかわりうる部分を除いて残します。名前を書き留めるのは、宣言済みのページか、その日に三つのネットワークから届いたページだけです。リンクの utm_source、utm_medium、utm_campaign は、サイトが宣言した語のどれに当たるかと、流入経路だけを残します。",
		"The address of the page. It is kept without fragment, without query but for what the site has declared, and without parts that may tell of a person; its name is written down only if it is declared, or has come from three networks that day. Of utm_source, utm_medium and utm_campaign in a link it is kept which of the site's declared words they are, and the channel.",
	}, []hit.Dimension{hit.ByPage, hit.ByCampaign, hit.ByCampaignSource, hit.ByCampaignMedium}},
	{"r", Text{
		"リンク元。ほかのサイトはホスト名だけを、同じく三つのネットワークから届いたときに残します。検索や SNS などの流入経路も一語で残します。",
		"The page before. Of another site its host alone is kept, once it has come from three networks; and, as one word, the channel: a search engine, a social network and so on.",
	}, []hit.Dimension{hit.BySource, hit.ByChannel}},
	{"e, s", Text{
		"できごとの種類と、ページを読んだ秒数。合計だけを残します。",
		"The kind of event, and for how many seconds the page was read; sums alone are kept.",
	}, nil},
	{"st", Text{"ページの状態。見つからないページかどうかだけを見ます。", "The status of the page; only whether it was found is looked at."}, nil},
	{"w", Text{
		"画面の幅。集計する場合は、五つの区分のどれかだけを残します。",
		"The width of the window. Where it is counted, which of five classes it is in is kept.",
	}, []hit.Dimension{hit.ByViewport}},
	{"m", Text{
		"入力方法（マウスか指か）と、動き、コントラスト、配色、テーマの設定。集計するものだけを、それぞれ一語にして残します。指で操作する Mac は iPad として数えます。",
		"The main pointer (a mouse or a finger), and wishes for motion, contrast, colours and theme. Of what is counted one word each is kept. A Mac whose pointer is a finger counts as an iPad.",
	}, []hit.Dimension{hit.ByInput, hit.ByMotion, hit.ByContrast, hit.ByColours, hit.ByTheme}},
}

// said is what becomes of a request, by the word of its outcome.
var said = map[string]Text{
	"kept":          {"閲覧なら、集計します。", "With a view, this browser would be counted."},
	"objection":     {"拒否の意思が示されているので、閲覧は集計しません。拒否の件数に 1 を加えるだけで、ほかには何も残しません。", "This browser objects, so a view would not be counted: it adds one to a count of objections, and nothing else is kept."},
	"bot":           {"User-Agent がプログラムのものなので、閲覧は集計しません。プログラムの件数に 1 を加えるだけです。", "The User-Agent is one of a program, so a view would not be counted: it adds one to a count of programs."},
	"prefetch":      {"先読みのアクセスなので、集計しません。", "This was fetched ahead of being looked at, so it would not be counted."},
	"referrer-spam": {"リンク元が、統計に載せる目的で送られる宣伝のものなので、閲覧は集計しません。その件数に 1 を加えるだけです。", "The page before is of a site that advertises itself in statistics, so a view would not be counted: it adds one to a count of these."},
	"address":       {"アドレスが分からないので、閲覧は集計しません。", "There is no usable address, so a view would not be counted."},
}
