package agent

import "oboro/collector/hit"

// on is a set of systems; the empty set is every system.
type on uint16

func only(list ...hit.System) on {
	var s on
	for _, system := range list {
		s |= 1 << system
	}
	return s
}

func (s on) has(system hit.System) bool { return s == 0 || s>>system&1 != 0 }

// The tables are in the order of trial: the first token that begins a word of the
// header decides, so the more special stands before the more general.

// systems. Several name another system beside their own: Windows Phone says
// Android and iPhone, KaiOS and HarmonyOS say Android, iOS says Mac OS X. An iPad
// that asks for desktop pages says Macintosh, and its Safari cannot be told from that of
// a Mac but by With.
var systems = []struct {
	text   string
	system hit.System
}{
	{"Windows Phone", hit.OtherSystem},
	{"Windows CE", hit.OtherSystem},
	{"Windows Mobile", hit.OtherSystem},
	{"ZuneWP", hit.OtherSystem},
	{"wds ", hit.OtherSystem}, // how UC Browser writes Windows Phone
	{"PlayStation", hit.OtherSystem},
	{"Nintendo ", hit.OtherSystem},
	{"Web0S", hit.OtherSystem},
	{"webOS", hit.OtherSystem},
	{"AppleTV", hit.OtherSystem},
	{"Apple TV", hit.OtherSystem},
	{"KAIOS/", hit.KaiOS},
	{"KaiOS/", hit.KaiOS},
	{"HarmonyOS", hit.HarmonyOS},
	{"OpenHarmony", hit.HarmonyOS},
	{"Tizen", hit.Tizen},
	{"iPhone", hit.IOS},
	{"iPad", hit.IOS},
	{"iPod", hit.IOS},
	{"iOS", hit.IOS},
	{"CriOS/", hit.IOS}, // these three are of iOS alone, also where an iPad asks for desktop pages as a Mac
	{"FxiOS/", hit.IOS},
	{"EdgiOS/", hit.IOS},
	{"iPh", hit.IOS}, // how UC Browser writes iPhone
	{"iPd", hit.IOS},
	{"Silk/", hit.Android},       // asks for desktop pages as a Mac
	{"Chromebook", hit.ChromeOS}, // an app of Android on one
	{"Android", hit.Android},
	{"Andr0id", hit.Android}, // how televisions write it
	{"Adr ", hit.Android},
	{"JUC", hit.Android},
	{"FB4A", hit.Android}, // an app of Android, which says nothing else
	{"android", hit.Android},
	{"Windows", hit.Windows},
	{"Win95", hit.Windows},
	{"Win98", hit.Windows},
	{"WinNT", hit.Windows},
	{"CrOS ", hit.ChromeOS},
	{"Macintosh", hit.MacOS},
	{"Mac OS", hit.MacOS},
	{"macOS", hit.MacOS},
	{"Mac_PowerPC", hit.MacOS},
	{"FreeBSD", hit.OtherSystem},
	{"OpenBSD", hit.OtherSystem},
	{"NetBSD", hit.OtherSystem},
	{"SunOS", hit.OtherSystem},
	{"Linux", hit.Linux},
	{"LINUX", hit.Linux},
	{"linux", hit.Linux},
	{"X11", hit.Linux},
}

// What an app of Apple's systems sends without a page (to fetch an icon, say) names
// darwin and, on a Mac that is not of the kind of an iPhone inside, a processor.
const (
	darwin    = "Darwin"
	processor = "x86_64"
	older     = "i386"
)

// usual is the class of a device of which only the system is known. Android and
// HarmonyOS say Mobile on phones alone.
var usual = [...]hit.Device{
	hit.Windows: hit.Desktop, hit.MacOS: hit.Desktop, hit.Linux: hit.Desktop, hit.ChromeOS: hit.Desktop,
	hit.IOS: hit.Phone, hit.Android: hit.Tablet, hit.HarmonyOS: hit.Tablet, hit.Tizen: hit.Phone, hit.KaiOS: hit.Phone,
}

var devices = []struct {
	text   string
	on     on
	device hit.Device
}{
	{"Xbox", 0, hit.OtherDevice}, // consoles
	{"PlayStation", 0, hit.OtherDevice},
	{"Nintendo ", 0, hit.OtherDevice},
	{"SMART-TV", 0, hit.TV},
	{"Smart-TV", 0, hit.TV},
	{"SmartTV", 0, hit.TV},
	{"Smart TV", 0, hit.TV},
	{"HbbTV/", 0, hit.TV},
	{"Web0S", 0, hit.TV},
	{"NetCast", 0, hit.TV},
	{"AppleTV", 0, hit.TV},
	{"Apple TV", 0, hit.TV},
	{"GoogleTV", 0, hit.TV},
	{"Google TV", 0, hit.TV},
	{"Android TV", 0, hit.TV},
	{"Chromecast", 0, hit.TV},
	{"CrKey", 0, hit.TV},
	{"BRAVIA", 0, hit.TV},
	{"Roku", 0, hit.TV},
	{"VIERA", 0, hit.TV},
	{"AQUOS-TV", 0, hit.TV},
	{"AFT", only(hit.Android), hit.TV}, // Fire TV models
	{"TV", only(hit.Tizen), hit.TV},
	{"iPad", 0, hit.Tablet},
	{"iPd", 0, hit.Tablet},
	{"Macintosh", only(hit.IOS), hit.Tablet},
	{"Silk/", 0, hit.Tablet},
	{"Tablet", only(hit.Android, hit.HarmonyOS, hit.OtherSystem), hit.Tablet}, // "Tablet PC" of Windows is none
	{"PC", only(hit.HarmonyOS), hit.Desktop},
	{"Kindle", only(hit.Linux, hit.OtherSystem), hit.Tablet},
	{"Mobile", only(hit.Android, hit.HarmonyOS, hit.Linux, hit.OtherSystem), hit.Phone},
	{"Opera Mini/", only(hit.Android, hit.OtherSystem), hit.Phone},
	{"Opera Mobi", only(hit.Android, hit.OtherSystem), hit.Phone},
	{"IEMobile", only(hit.OtherSystem), hit.Phone},
	{"Phone", only(hit.HarmonyOS, hit.OtherSystem), hit.Phone},
	{"Dalvik/", only(hit.Android), hit.OtherDevice}, // an app; says no class
	{"DoCoMo/", 0, hit.Phone},                       // the phones before smartphones
	{"KDDI-", 0, hit.Phone},
	{"SoftBank/", 0, hit.Phone},
	{"Vodafone/", 0, hit.Phone},
	{"J-PHONE/", 0, hit.Phone},
	{"WILLCOM", 0, hit.Phone},
	{"BlackBerry", only(hit.OtherSystem), hit.Phone},
	{"BB10", 0, hit.Phone},
	{"Nokia", only(hit.OtherSystem), hit.Phone},
	{"Symbian", only(hit.OtherSystem), hit.Phone},
	{"MIDP-", only(hit.OtherSystem), hit.Phone},
	{"FreeBSD", 0, hit.Desktop},
	{"OpenBSD", 0, hit.Desktop},
	{"NetBSD", 0, hit.Desktop},
	{"SunOS", 0, hit.Desktop},
	{"X11", only(hit.OtherSystem), hit.Desktop},
}

// A browser is a token and what it stands for where one of the systems was seen.
type browser struct {
	text    string
	browser hit.Browser
	reading reading
	on      on
}

// browsers: apps with a page inside first, then browsers built on others, then
// the others. OtherBrowser stands for what says it is something else as well.
var browsers = []browser{
	{"PlayStation", hit.OtherBrowser, none, 0},
	{"NintendoBrowser/", hit.OtherBrowser, none, 0},

	{"Line/", hit.LINE, after, 0},
	{"jp.co.yahoo.", hit.YahooJapan, word, 0},
	{"YJApp-", hit.YahooJapan, none, 0},
	{"SmartNews", hit.SmartNews, after, 0},
	{"jp.gocro.smartnews", hit.SmartNews, word, 0},
	{"Instagram ", hit.Instagram, after, 0}, // before Facebook, whose marks it may carry
	{"Barcelona ", hit.OtherBrowser, none, 0},
	{"FBAN/", hit.Facebook, build, 0},
	{"FBAV/", hit.Facebook, after, 0},
	{"FB_IAB/", hit.Facebook, build, 0},
	{"MetaIAB Facebook", hit.Facebook, none, 0},
	{"Twitter for ", hit.XApp, word, 0},
	{"TwitterAndroid", hit.XApp, after, 0},
	{"NAVER(", hit.Naver, field, 0},
	{"MicroMessenger/", hit.WeChat, after, 0},
	{"GSA/", hit.GoogleApp, after, 0},
	{"dmenubrowser", hit.OtherBrowser, none, 0},      // d menu of NTT docomo
	{"RakutenWebSearch/", hit.OtherBrowser, none, 0}, // Rakuten Web Search
	{"KAKAOTALK", hit.OtherBrowser, none, 0},
	{"BytedanceWebview/", hit.OtherBrowser, none, 0},
	{"musical_ly", hit.OtherBrowser, none, 0},
	{"trill_", hit.OtherBrowser, none, 0},
	{"Pinterest", hit.OtherBrowser, none, 0},
	{"LinkedInApp", hit.OtherBrowser, none, 0},
	{"Snapchat", hit.OtherBrowser, none, 0},
	{"QQ/", hit.OtherBrowser, none, 0},
	{"BingSapphire/", hit.OtherBrowser, none, 0},
	{"Slack/", hit.OtherBrowser, none, 0},
	{"Slack_SSB/", hit.OtherBrowser, none, 0},
	{"Spotify/", hit.OtherBrowser, none, 0},
	{"Flipboard", hit.OtherBrowser, none, 0},
	{"AdobeAIR/", hit.OtherBrowser, none, 0},
	{"Electron/", hit.OtherBrowser, none, 0},

	{"EdgA/", hit.Edge, after, 0},
	{"EdgiOS/", hit.Edge, after, 0},
	{"Edg/", hit.Edge, after, 0},
	{"Edge/", hit.Edge, after, 0},
	{"Tbrowser/", hit.OtherBrowser, none, 0}, // of televisions, before Opera, which it says too
	{"OMI/", hit.Opera, after, 0},            // of televisions; its OPR/ is frozen
	{"OPR/", hit.Opera, after, 0},
	{"OPiOS/", hit.Opera, after, 0},
	{"OPT/", hit.Opera, after, 0},
	{"OPX/", hit.Opera, after, 0},
	{"MMS/", hit.Opera, after, only(hit.Windows, hit.MacOS)}, // Opera Neon
	{"UCTurbo/", hit.UCBrowser, after, 0},
	{"UCBrowser", hit.UCBrowser, after, 0}, // before Opera Mini, which it may claim to be
	{"UC Browser", hit.UCBrowser, after, 0},
	{"UCWEB", hit.UCBrowser, after, 0},
	{"UBrowser/", hit.UCBrowser, after, 0},
	{"Opera Mini/att/", hit.Opera, after, 0},
	{"Opera Mini/", hit.Opera, after, 0},
	{"Coast/", hit.Opera, after, only(hit.IOS)},
	{"Opera/", hit.Opera, either, 0},
	{"Opera", hit.Opera, either, 0},
	{"OculusBrowser/", hit.OtherBrowser, none, 0}, // before Samsung's, whose mark it carries
	{"SamsungBrowser/", hit.SamsungInternet, after, 0},
	{"YaBrowser/", hit.Yandex, after, 0},
	{"YaSearchBrowser/", hit.Yandex, after, 0},
	{"YandexSearch", hit.Yandex, word, 0},
	{"YaApp_", hit.Yandex, word, 0},
	{"Vivaldi/", hit.Vivaldi, after, 0},
	{"VivaiOS/", hit.Vivaldi, after, 0},
	{"Brave/", hit.Brave, after, 0},
	{"Brave Chrome/", hit.Brave, after, 0},
	{"Brave", hit.Brave, none, 0},
	{"DuckDuckGo/", hit.DuckDuckGo, after, 0},
	{"Ddg/", hit.DuckDuckGo, after, 0},
	{"Silk/", hit.Silk, after, 0},
	{"MiuiBrowser/", hit.MiuiBrowser, after, 0},
	{"HuaweiBrowser/", hit.HuaweiBrowser, after, 0},
	{"ArkWeb/", hit.HuaweiBrowser, none, 0},

	{"Whale/", hit.OtherBrowser, none, 0},
	{"Sleipnir/", hit.OtherBrowser, none, 0},
	{"Lunascape", hit.OtherBrowser, none, 0},
	{"Kinza/", hit.OtherBrowser, none, 0},
	{"Maxthon", hit.OtherBrowser, none, 0},
	{"MxBrowser/", hit.OtherBrowser, none, 0},
	{"Quark/", hit.OtherBrowser, none, 0},
	{"Odin/", hit.OtherBrowser, none, 0},
	{"PHX/", hit.OtherBrowser, none, 0},
	{"MZBrowser/", hit.OtherBrowser, none, 0},
	{"AlohaBrowser/", hit.OtherBrowser, none, 0},
	{"SogouMobileBrowser/", hit.OtherBrowser, none, 0},
	{"SznProhlizec/", hit.OtherBrowser, none, 0},
	{"Mint Browser/", hit.OtherBrowser, none, 0},
	{"Dolphin/", hit.OtherBrowser, none, 0},
	{"DolphinHDCN/", hit.OtherBrowser, none, 0},
	{"Midori/", hit.OtherBrowser, none, 0},
	{"Otter/", hit.OtherBrowser, none, 0},
	{"QupZilla/", hit.OtherBrowser, none, 0},
	{"Ecosia", hit.OtherBrowser, none, 0},
	{"TV Bro/", hit.OtherBrowser, none, 0},
	{"RokuBrowser/", hit.OtherBrowser, none, 0},
	{"SRAF/", hit.OtherBrowser, none, 0},
	{"baidubrowser/", hit.OtherBrowser, none, 0},
	{"QQBrowser/", hit.OtherBrowser, none, 0},
	{"MQQBrowser/", hit.OtherBrowser, none, 0},
	{"baiduboxapp/", hit.OtherBrowser, none, 0},
	{"MetaSr", hit.OtherBrowser, none, 0},
	{"coc_coc_browser/", hit.OtherBrowser, none, 0},
	{"Puffin/", hit.OtherBrowser, none, 0},
	{"Iron/", hit.OtherBrowser, none, 0},
	{"Iron ", hit.OtherBrowser, none, 0},
	{"AvastSecureBrowser/", hit.OtherBrowser, none, 0},
	{"Avast/", hit.OtherBrowser, none, 0},
	{"VivoBrowser/", hit.OtherBrowser, none, 0},
	{"HeyTapBrowser/", hit.OtherBrowser, none, 0},
	{"SeaMonkey/", hit.OtherBrowser, none, 0},
	{"PaleMoon/", hit.OtherBrowser, none, 0},
	{"Waterfox/", hit.OtherBrowser, none, 0},
	{"Iceweasel/", hit.OtherBrowser, none, 0},
	{"Konqueror/", hit.OtherBrowser, none, 0},
	{"Epiphany/", hit.OtherBrowser, none, 0},
	{"QtWebEngine/", hit.OtherBrowser, none, 0},
	{"BlackBerry", hit.OtherBrowser, none, 0},
	{"NetFront/", hit.OtherBrowser, none, 0},

	{"Trident/", hit.InternetExplorer, engine, 0}, // before MSIE, which tells another version in compatibility view
	{"FxiOS/", hit.Firefox, after, 0},
	{"Focus/", hit.Firefox, after, only(hit.IOS, hit.Android)},
	{"Firefox/", hit.Firefox, after, 0},
	{"Firefox-", hit.Firefox, after, 0}, // before its release, as are the names that follow
	{"Shiretoko/", hit.Firefox, after, 0},
	{"Namoroka/", hit.Firefox, after, 0},
	{"Minefield/", hit.Firefox, after, 0},
	{"CriOS/", hit.Chrome, after, 0},
	{"Chromium/", hit.Chrome, after, 0},
	{"Chrome/", hit.Chrome, after, 0},
	{"HeadlessChrome", hit.Chrome, after, 0},
	{"IEMobile", hit.InternetExplorer, after, 0}, // before MSIE, which stays behind it
	{"MSIE ", hit.InternetExplorer, after, 0},

	// What is left of WebKit is the system's own browser or a page inside an app.
	{"AppleWebKit/", hit.AndroidBrowser, android, only(hit.Android)},
	{"AppleWebKit/", hit.Safari, labelled, only(hit.IOS, hit.MacOS, hit.Windows)},
	{"Safari", hit.Safari, none, only(hit.MacOS)}, // without a page: its icons and previews
}
