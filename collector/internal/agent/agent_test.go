package agent_test

import (
	"strings"
	"testing"

	"oboro/collector/hit"
	"oboro/collector/internal/agent"
)

const (
	webkit = " AppleWebKit/537.36 (KHTML, like Gecko) "
	apple  = " AppleWebKit/605.1.15 (KHTML, like Gecko) "
	iphone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X)" + apple
	pixel  = "Mozilla/5.0 (Linux; Android 10; K)" + webkit
	inApp  = "Mozilla/5.0 (Linux; Android 14; SC-51E Build/UP1A.231005.007; wv)" + webkit + "Version/4.0 Chrome/131.0.6778.135 Mobile Safari/537.36"
)

var headers = []struct {
	name, header string
	browser      hit.Browser
	version      uint16
	system       hit.System
	device       hit.Device
}{
	{"Chrome on Windows, reduced", "Mozilla/5.0 (Windows NT 10.0; Win64; x64)" + webkit + "Chrome/156.0.0.0 Safari/537.36", hit.Chrome, 156, hit.Windows, hit.Desktop},
	{"Chrome on macOS, frozen", "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)" + webkit + "Chrome/154.0.0.0 Safari/537.36", hit.Chrome, 154, hit.MacOS, hit.Desktop},
	{"Chrome on Linux", "Mozilla/5.0 (X11; Linux x86_64)" + webkit + "Chrome/152.0.0.0 Safari/537.36", hit.Chrome, 152, hit.Linux, hit.Desktop},
	{"Chrome on ChromeOS", "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0)" + webkit + "Chrome/152.0.0.0 Safari/537.36", hit.Chrome, 152, hit.ChromeOS, hit.Desktop},
	{"Chrome on a phone, reduced", pixel + "Chrome/154.0.0.0 Mobile Safari/537.36", hit.Chrome, 154, hit.Android, hit.Phone},
	{"Chrome on a tablet, reduced", pixel + "Chrome/154.0.0.0 Safari/537.36", hit.Chrome, 154, hit.Android, hit.Tablet},
	{"Chrome on iPhone", iphone + "CriOS/150.0.0.0 Mobile/15E148 Safari/604.1", hit.Chrome, 150, hit.IOS, hit.Phone},
	{"Android webview", inApp, hit.Chrome, 131, hit.Android, hit.Phone},
	{"headless Chrome", "Mozilla/5.0 (X11; Linux x86_64)" + webkit + "HeadlessChrome/120.0.0.0 Safari/537.36", hit.Chrome, 120, hit.Linux, hit.Desktop},
	{"Edge on Windows", "Mozilla/5.0 (Windows NT 10.0; Win64; x64)" + webkit + "Chrome/154.0.0.0 Safari/537.36 Edg/154.0.0.0", hit.Edge, 154, hit.Windows, hit.Desktop},
	{"Edge before Chromium", "Mozilla/5.0 (Windows NT 10.0; Win64; x64)" + webkit + "Chrome/64.0.3282.140 Safari/537.36 Edge/18.17763", hit.Edge, 18, hit.Windows, hit.Desktop},
	{"Edge on iPhone", iphone + "Version/18.0 EdgiOS/150.0.4078.81 Mobile/15E148 Safari/604.1", hit.Edge, 150, hit.IOS, hit.Phone},
	{"Edge on Android", pixel + "Chrome/150.0.0.0 Mobile Safari/537.36 EdgA/150.0.0.0", hit.Edge, 150, hit.Android, hit.Phone},
	{"Edge on Xbox", "Mozilla/5.0 (Windows NT 10.0; Win64; x64; Xbox; Xbox One)" + webkit + "Chrome/64.0.3282.140 Safari/537.36 Edge/18.17763", hit.Edge, 18, hit.Windows, hit.OtherDevice},
	{"Firefox on Windows", "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:156.0) Gecko/20100101 Firefox/156.0", hit.Firefox, 156, hit.Windows, hit.Desktop},
	{"Firefox on Ubuntu", "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:154.0) Gecko/20100101 Firefox/154.0", hit.Firefox, 154, hit.Linux, hit.Desktop},
	{"Firefox on a phone", "Mozilla/5.0 (Android 16; Mobile; rv:156.0) Gecko/156.0 Firefox/156.0", hit.Firefox, 156, hit.Android, hit.Phone},
	{"Firefox on a tablet", "Mozilla/5.0 (Android 14; Tablet; rv:140.0) Gecko/140.0 Firefox/140.0", hit.Firefox, 140, hit.Android, hit.Tablet},
	{"Firefox on iPhone", iphone + "FxiOS/156.1 Mobile/15E148 Safari/604.1", hit.Firefox, 156, hit.IOS, hit.Phone},
	{"Firefox on FreeBSD", "Mozilla/5.0 (X11; FreeBSD amd64; rv:128.0) Gecko/20100101 Firefox/128.0", hit.Firefox, 128, hit.OtherSystem, hit.Desktop},
	{"Firefox of KaiOS", "Mozilla/5.0 (Mobile; Nokia_8110_4G; Android; rv:48.0) Gecko/48.0 Firefox/48.0 KAIOS/2.5", hit.Firefox, 48, hit.KaiOS, hit.Phone},
	{"Safari on macOS", "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)" + apple + "Version/26.6.1 Safari/605.1.15", hit.Safari, 26, hit.MacOS, hit.Desktop},
	{"Safari on iPhone", iphone + "Version/26.6.1 Mobile/15E148 Safari/604.1", hit.Safari, 26, hit.IOS, hit.Phone},
	{"Safari on iPad", "Mozilla/5.0 (iPad; CPU OS 18_7 like Mac OS X)" + apple + "Version/26.5.2 Mobile/15E148 Safari/604.1", hit.Safari, 26, hit.IOS, hit.Tablet},
	{"Safari on an iPad that asks for desktop pages", "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)" + apple + "Version/17.6 Safari/605.1.15", hit.Safari, 17, hit.MacOS, hit.Desktop},
	{"Chrome on an iPad that asks for desktop pages", "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)" + apple + "CriOS/150 Version/11.1.1 Safari/605.1.15", hit.Chrome, 150, hit.IOS, hit.Tablet},
	{"a page inside an iOS app", iphone + "Mobile/15E148", hit.Safari, 0, hit.IOS, hit.Phone},
	{"d menu, which is none of the families", iphone + "Mobile/15E148 iPhone14,6 dmenubrowser(1.04.66)/iPhone/bioauth/DCMauthoption/", hit.OtherBrowser, 0, hit.IOS, hit.Phone},
	{"Rakuten's app, which is none of the families", iphone + "Mobile/15E148 RakutenWebSearch/5.1.1", hit.OtherBrowser, 0, hit.IOS, hit.Phone},
	{"Yahoo! JAPAN on an iPad", "Mozilla/5.0 (iPad; CPU OS 18_1_1 like Mac OS X)" + apple + "Mobile/15E148 YJApp-IOS jp.co.yahoo.ipn.appli/4.131.0", hit.YahooJapan, 4, hit.IOS, hit.Tablet},
	{"Opera of a television", "Mozilla/5.0 (Linux armv7l)" + webkit + "Chrome/77.0.3865.120 Safari/537.36 OPR/46.0.2207.0 OMI/4.20.4.54 Model/TCL", hit.Opera, 4, hit.Linux, hit.Desktop},
	{"browser of Android 2, which says Version/4.0", "Mozilla/5.0 (Linux; U; Android 2.3.3; ja-jp; SO-01C) AppleWebKit/533.1 (KHTML, like Gecko) Version/4.0 Mobile Safari/533.1", hit.AndroidBrowser, 2, hit.Android, hit.Phone},
	{"app of iOS without a page", "MyApp/1.0 CFNetwork/1410.0.3 Darwin/22.6.0", hit.OtherBrowser, 0, hit.IOS, hit.Phone},
	{"Safari of a Mac without a page", "Safari/12602.2.14.0.7 CFNetwork/807.1.3 Darwin/16.1.0 (x86_64)", hit.Safari, 0, hit.MacOS, hit.Desktop},
	{"Windows CE", "Mozilla/4.0 (compatible; MSIE 6.0; Windows CE; IEMobile 8.12; MSIEMobile 6.0)", hit.InternetExplorer, 8, hit.OtherSystem, hit.Phone},
	{"app of Android on a Chromebook", "Mozilla/5.0 (Linux; Android 9; HP Chromebook 13 G1)" + webkit + "Chrome/80.0.3987.162 Safari/537.36", hit.Chrome, 80, hit.ChromeOS, hit.Desktop},
	{"Samsung Internet", pixel + "SamsungBrowser/30.0 Chrome/143.0.0.0 Mobile Safari/537.36", hit.SamsungInternet, 30, hit.Android, hit.Phone},
	{"Samsung Internet on a television", "Mozilla/5.0 (SMART-TV; LINUX; Tizen 6.0)" + webkit + "76.0.3809.146/6.0 TV Safari/537.36", hit.OtherBrowser, 0, hit.Tizen, hit.TV},
	{"Samsung Internet asking for desktop pages", "Mozilla/5.0 (X11; Linux x86_64)" + webkit + "SamsungBrowser/30.0 Chrome/143.0.0.0 Safari/537.36", hit.SamsungInternet, 30, hit.Linux, hit.Desktop},
	{"Opera on Windows", "Mozilla/5.0 (Windows NT 10.0; Win64; x64)" + webkit + "Chrome/152.0.0.0 Safari/537.36 OPR/136.0.0.0", hit.Opera, 136, hit.Windows, hit.Desktop},
	{"Opera on iPhone", iphone + "Version/26.6 Mobile/15E148 Safari/604.1 OPT/6.7.3", hit.Opera, 6, hit.IOS, hit.Phone},
	{"Opera of Presto", "Opera/9.80 (Windows NT 6.1; WOW64) Presto/2.12.388 Version/12.18", hit.Opera, 12, hit.Windows, hit.Desktop},
	{"Opera as Internet Explorer", "Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1; en) Opera 8.50", hit.Opera, 8, hit.Windows, hit.Desktop},
	{"Opera Mini", "Opera/9.80 (Android; Opera Mini/36.2.2254/119.132; U; id) Presto/2.12.423 Version/12.16", hit.Opera, 36, hit.Android, hit.Phone},
	{"Internet Explorer 11", "Mozilla/5.0 (Windows NT 6.1; WOW64; Trident/7.0; SLCC2; Tablet PC 2.0; rv:11.0) like Gecko", hit.InternetExplorer, 11, hit.Windows, hit.Desktop},
	{"Internet Explorer 11 in compatibility view", "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 10.0; WOW64; Trident/7.0; .NET4.0C)", hit.InternetExplorer, 11, hit.Windows, hit.Desktop},
	{"Internet Explorer 6", "Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1; SV1)", hit.InternetExplorer, 6, hit.Windows, hit.Desktop},
	{"Internet Explorer of Windows Phone", "Mozilla/5.0 (Mobile; Windows Phone 8.1; Android 4.0; ARM; Trident/7.0; Touch; rv:11.0; IEMobile/11.0; NOKIA; Lumia 520) like iPhone OS 7_0_3 Mac OS X AppleWebKit/537 (KHTML, like Gecko) Mobile Safari/537", hit.InternetExplorer, 11, hit.OtherSystem, hit.Phone},
	{"browser of Android 4", "Mozilla/5.0 (Linux; U; Android 4.0.4; ja-jp; SO-03D Build/6.1.F.0.117) AppleWebKit/534.30 (KHTML, like Gecko) Version/4.0 Mobile Safari/534.30", hit.AndroidBrowser, 4, hit.Android, hit.Phone},
	{"LINE on iPhone", iphone + "Mobile/15E148 Safari Line/14.21.2", hit.LINE, 14, hit.IOS, hit.Phone},
	{"LINE on Android", inApp + " Line/14.20.0/IAB", hit.LINE, 14, hit.Android, hit.Phone},
	{"Yahoo! JAPAN on iPhone", iphone + "Mobile/15E148 YJApp-IOS jp.co.yahoo.ipn.appli/4.124.0", hit.YahooJapan, 4, hit.IOS, hit.Phone},
	{"Yahoo! JAPAN on Android", inApp + " YJApp-ANDROID jp.co.yahoo.android.yjtop/3.182.1", hit.YahooJapan, 3, hit.Android, hit.Phone},
	{"SmartNews on iPhone", iphone + "Mobile/15E148 SmartNews 24.11.0", hit.SmartNews, 24, hit.IOS, hit.Phone},
	{"SmartNews on Android", inApp + " jp.gocro.smartnews.android/24.11.15", hit.SmartNews, 24, hit.Android, hit.Phone},
	{"Facebook on iPhone", iphone + "Mobile/22G86 [FBAN/FBIOS;FBAV/492.0.0.61.108;FBBV/678;FBDV/iPhone14,2;FBMD/iPhone;FBSN/iOS;FBSV/18.6;FBSS/3;FBLC/ja_JP]", hit.Facebook, 492, hit.IOS, hit.Phone},
	{"Facebook on Android", inApp + " [FB_IAB/FB4A;FBAV/491.0.0.45.79;IABMV/1;]", hit.Facebook, 491, hit.Android, hit.Phone},
	{"Instagram on iPhone", iphone + "Mobile/22G86 Instagram 361.0.0.35.82 (iPhone14,2; iOS 18_6; ja_JP; ja; scale=3.00; 1170x2532; 674)", hit.Instagram, 361, hit.IOS, hit.Phone},
	{"Instagram on Android", inApp + " Instagram 360.0.0.52.192 Android (34/14; 480dpi; 1080x2106; samsung; SC-51E; SC-51E; qcom; ja_JP; 672)", hit.Instagram, 360, hit.Android, hit.Phone},
	{"Threads, which is none of the families", inApp + " Barcelona 448.0.0.54.85 Android (36/16; 540dpi)", hit.OtherBrowser, 0, hit.Android, hit.Phone},
	{"X on iPhone", iphone + "Mobile/15E148 Twitter for iPhone/10.68", hit.XApp, 10, hit.IOS, hit.Phone},
	{"X on Android", inApp + " TwitterAndroid", hit.XApp, 0, hit.Android, hit.Phone},
	{"Google's app", iphone + "GSA/439.4.980558000 Mobile/15E148 Safari/604.1", hit.GoogleApp, 439, hit.IOS, hit.Phone},
	{"NAVER", iphone + "Mobile/15E148 NAVER(inapp; search; 2000; 12.9.4; 14PRO)", hit.Naver, 12, hit.IOS, hit.Phone},
	{"WeChat", iphone + "Mobile/15E148 MicroMessenger/8.0.54(0x18003626) NetType/WIFI Language/ja", hit.WeChat, 8, hit.IOS, hit.Phone},
	{"DuckDuckGo on Android", "Mozilla/5.0 (Linux; Android 17)" + webkit + "Version/4.0 Chrome/153.0.0.0 Mobile DuckDuckGo/5 Safari/537.36", hit.DuckDuckGo, 5, hit.Android, hit.Phone},
	{"DuckDuckGo on macOS", "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)" + apple + "Version/26.6 Safari/605.1.15 Ddg/26.6", hit.DuckDuckGo, 26, hit.MacOS, hit.Desktop},
	{"Vivaldi", "Mozilla/5.0 (Windows NT 10.0; WOW64)" + webkit + "Chrome/91.0.4472.114 Safari/537.36 Vivaldi/4.0", hit.Vivaldi, 4, hit.Windows, hit.Desktop},
	{"Brave on iPhone", iphone + "Version/26.6 Mobile/15E148 Safari/604.1 Brave", hit.Brave, 0, hit.IOS, hit.Phone},
	{"Yandex", "Mozilla/5.0 (X11; Linux x86_64)" + webkit + "Chrome/140.0.7339.63 YaBrowser/25.10.6.63.00 SA/3 Safari/537.36", hit.Yandex, 25, hit.Linux, hit.Desktop},
	{"UC Browser", "Mozilla/5.0 (Linux; U; Android 11; en-US; RMX2185) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/78.0.3904.108 UCBrowser/13.4.0.1306 Mobile Safari/537.36", hit.UCBrowser, 13, hit.Android, hit.Phone},
	{"Xiaomi's browser", "Mozilla/5.0 (Linux; U; Android 13; ja-jp; 2201117TL Build/TKQ1)" + webkit + "Version/4.0 Chrome/112.0.5615.136 Mobile Safari/537.36 XiaoMi/MiuiBrowser/14.10.1-gn", hit.MiuiBrowser, 14, hit.Android, hit.Phone},
	{"Huawei's browser", "Mozilla/5.0 (Linux; Android 10; HarmonyOS; NOH-AN00; HMSCore 6.13.0)" + webkit + "Chrome/114.0.5735.196 HuaweiBrowser/15.0.4.312 Mobile Safari/537.36", hit.HuaweiBrowser, 15, hit.HarmonyOS, hit.Phone},
	{"Silk on a tablet", "Mozilla/5.0 (Linux; Android 9; KFMAWI) AppleWebKit/537.36 (KHTML, like Gecko) Silk/102.2.1 like Chrome/102.0.5005.125 Safari/537.36", hit.Silk, 102, hit.Android, hit.Tablet},
	{"Silk on a television", "Mozilla/5.0 (Linux; Android 9; AFTMM) AppleWebKit/537.36 (KHTML, like Gecko) Silk/102.2.1 like Chrome/102.0.5005.125 Safari/537.36", hit.Silk, 102, hit.Android, hit.TV},
	{"Whale, which is none of the families", "Mozilla/5.0 (Windows NT 10.0; Win64; x64)" + webkit + "Chrome/130.0.0.0 Whale/4.29.282.14 Safari/537.36", hit.OtherBrowser, 0, hit.Windows, hit.Desktop},
	{"BRAVIA", "Mozilla/5.0 (Linux; Android 10; BRAVIA 4K UR2 Build/PTT1)" + webkit + "Chrome/119.0.0.0 Safari/537.36", hit.Chrome, 119, hit.Android, hit.TV},
	{"PlayStation", "Mozilla/5.0 (PlayStation; PlayStation 5/8.20)" + apple + "Version/15.4 Safari/605.1.15", hit.OtherBrowser, 0, hit.OtherSystem, hit.OtherDevice},
	{"phone before smartphones", "DoCoMo/2.0 P07A3(c500;TB;W24H15)", hit.OtherBrowser, 0, hit.OtherSystem, hit.Phone},
	{"app of Android", "Dalvik/2.1.0 (Linux; U; Android 13; SO-51D Build/67.1.A.2.223)", hit.OtherBrowser, 0, hit.Android, hit.OtherDevice},
	{"token inside a word", "Mozilla/5.0 (X11; Linux x86_64) Pipeline/3 MyChrome/9 XOPR/8", hit.OtherBrowser, 0, hit.Linux, hit.Desktop},
	{"token inside a word and as one", "Mozilla/5.0 (X11; Linux x86_64) XChrome/9 Chrome/154.0", hit.Chrome, 154, hit.Linux, hit.Desktop},
	{"version of five digits, which none has", "Mozilla/5.0 (X11; Linux x86_64) Chrome/15400", hit.Chrome, 0, hit.Linux, hit.Desktop},
	{"version missing", "Mozilla/5.0 (X11; Linux x86_64) Chrome/", hit.Chrome, 0, hit.Linux, hit.Desktop},
	{"nothing", "", hit.OtherBrowser, 0, hit.OtherSystem, hit.OtherDevice},
	{"one word", "Mozilla/5.0", hit.OtherBrowser, 0, hit.OtherSystem, hit.OtherDevice},
	{"garbage", "\x00\xff\xfe;;((//%%\t語", hit.OtherBrowser, 0, hit.OtherSystem, hit.OtherDevice},
	{"very long, known at its head", "Mozilla/5.0 (Windows NT 10.0) Chrome/154.0 " + strings.Repeat("x", 1<<20), hit.Chrome, 154, hit.Windows, hit.Desktop},
	{"very long, known at its end alone", strings.Repeat("x ", 1<<16) + "Chrome/154.0", hit.OtherBrowser, 0, hit.OtherSystem, hit.OtherDevice},
}

func TestOf(t *testing.T) {
	for _, tt := range headers {
		want := agent.Agent{Browser: tt.browser, Version: tt.version, System: tt.system, Device: tt.device}
		if got := agent.Of(tt.header); got != want {
			t.Errorf("%s: Of gives %s, want %s\n%.200s", tt.name, show(got), show(want), tt.header)
		}
	}
}

func show(a agent.Agent) string {
	return strings.Join([]string{a.Browser.Code(), digits(a.Version), a.System.Code(), a.Device.Code()}, " ")
}

func digits(v uint16) string {
	if v < 10 {
		return string(rune('0' + v))
	}
	return digits(v/10) + digits(v%10)
}

// TestAllocations holds that the functions make no copy of a header, so that none
// outlives the request. Seen to fail when Of kept a clone of the header in a
// package variable, and when it worked on a lower-cased one.
func TestAllocations(t *testing.T) {
	for _, tt := range headers {
		if n := testing.AllocsPerRun(10, func() { agent.Of(tt.header) }); n != 0 {
			t.Errorf("%s: Of allocates %.0f times, want 0", tt.name, n)
		}
	}
	for _, tt := range languages {
		if n := testing.AllocsPerRun(10, func() { agent.Language(tt.header) }); n != 0 {
			t.Errorf("%s: Language allocates %.0f times, want 0", tt.name, n)
		}
	}
}

// FuzzOf holds that no header panics or leaves the vocabularies, and that a version
// goes with a named browser alone and is one that a browser could have.
func FuzzOf(f *testing.F) {
	for _, tt := range headers {
		if len(tt.header) < 1024 {
			f.Add(tt.header)
		}
	}
	f.Fuzz(func(t *testing.T, header string) {
		inside(t, agent.Of(header))
	})
}

// The headers of the table, each of them: what costs most is the long one of an app.
func BenchmarkOf(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		for _, tt := range headers[:48] {
			agent.Of(tt.header)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*48), "ns/header")
}
