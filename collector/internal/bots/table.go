package bots

// A pattern is a text, in small letters, that tells a program. Those of this file
// that follow the list of isbot 5 (see NOTICE) were made into texts with edges and
// exceptions; its patterns of form are in shape.go.
type pattern struct {
	text   string
	edges  edges
	behind []string // it does not count right behind one of these
	before []string // it does not count right before one of these
}

// edges says where a word must end.
type edges uint8

const (
	left  edges = 1 << iota // no word goes on before the text
	right                   // no word goes on after it
)

// patterns tell a program wherever they stand. Each has two bytes or more.
var patterns = []pattern{
	// Words with exceptions: what people's devices and apps say.
	{text: "bot", edges: right, behind: []string{" cu"}}, // the phones of Cubot
	{text: "bots", edges: right},
	{text: "google", behind: []string{" channel/", "google/", "com."}, before: []string{"wv", "app", "/google", " pixel", " nexus", " tv", "tv"}},
	{text: "news", behind: []string{"g", "smart", "."}, before: []string{"sapphire"}}, // SmartNews and Yahoo! JAPAN show pages
	{text: "scan", behind: []string{"cam"}},
	{text: "http", behind: []string{"lib"}},
	{text: "java", before: []string{";"}},

	// Words.
	{text: "()"}, {text: "24x7"}, {text: ".com", edges: right}, {text: "/1.0;"}, {text: " daum "}, {text: " daum/"}, {text: " deusu/"},
	{text: "abuse"}, {text: "advisor"}, {text: "agent", edges: right}, {text: "analyzer"}, {text: "archive"},
	{text: "ask jeeves/teoma"}, {text: "attracta"}, {text: "audit"}, {text: "bluecoat drtr"}, {text: "browsex"},
	{text: "burpcollaborator"}, {text: "bw/", edges: left}, {text: "capture"}, {text: "catch"},
	{text: "check", edges: right}, {text: "checker"}, {text: "chrome-lighthouse"},
	{text: "classifier"}, {text: "cloudflare"}, {text: "collapsify", edges: right}, {text: "convertify"},
	{text: "cookiehubverify/"}, {text: "crawl"}, {text: "cursor/"}, {text: "cypress/"}, {text: "dareboost"},
	{text: "datanyze"}, {text: "dejaclick"}, {text: "detect"}, {text: "discovery"}, {text: "dlc", edges: left | right},
	{text: "dmbrowser"}, {text: "download"}, {text: "exaleadcloudview"}, {text: "feed"}, {text: "firephp"},
	{text: "foregenix"}, {text: "functionize"}, {text: "grab"}, {text: "hardenize", edges: right}, {text: "headless"},
	{text: "hotjar"}, {text: "httrack"}, {text: "hubspot marketing grader"}, {text: "ibisbrowser"},
	{text: "infrawatch"}, {text: "insight"}, {text: "inspect"}, {text: "iplabel"}, {text: "library"},
	{text: "linkcheck"}, {text: "linktiger"}, {text: "mail.ru/"}, {text: "manus-user/"}, {text: "marketgoo/"},
	{text: "measure"}, {text: "monitor", edges: right}, {text: "neustar wpm"}, {text: "node", edges: right},
	{text: "nutch"}, {text: "offbyone"}, {text: "openvas"}, {text: "optimize"}, {text: "ort/", edges: left},
	{text: "pageburst"}, {text: "pagespeed"}, {text: "parser"}, {text: "perl", edges: left | right},
	{text: "phantomjs"}, {text: "pingdom"}, {text: "playwright"}, {text: "powermarks"}, {text: "preview"},
	{text: "productfinder"}, {text: "prospectingstudio"}, {text: "proxy"}, {text: "ptst/"}, {text: "ptst "},
	{text: "radar"}, {text: "readable/"}, {text: "retriever"}, {text: "rexx;"}, {text: "rigor"},
	{text: "rss", edges: right}, {text: "scrape"}, {text: "securityheaders"}, {text: "selenium"}, {text: "server"},
	{text: "silktide"}, {text: "sindup/"}, {text: "sogou"}, {text: "sparkler/"}, {text: "speedcurve"},
	{text: "spider"}, {text: "splash"}, {text: "statuscake"}, {text: "supercleaner"}, {text: "synapse"},
	{text: "synthetic"}, {text: "testlocally"}, {text: "time/", edges: left}, {text: "tools"}, {text: "torrent"},
	{text: "transcoder"}, {text: "url"}, {text: "validator"}, {text: "virtuoso"}, {text: "wappalyzer"},
	{text: "watchtowr"}, {text: "webglance"}, {text: "webkit2png"}, {text: "whatcms/"}, {text: "xtate/"},

	// Our own: programs whose words the list above finds by their links alone.
	{text: "python-"}, {text: "puppeteer"}, {text: "lighthouse"}, {text: "wget"}, {text: "okhttp"}, {text: "go-http-client"},
	{text: "slurp"}, {text: "scrapy"}, {text: "facebookexternalhit"}, {text: "ichiro/"},
	{text: "claude-user"}, {text: "chatgpt-user"}, {text: "perplexity-user"}, {text: "mistralai-user"},
	{text: "cohere-"}, {text: "anthropic"}, {text: "gtmetrix"}, {text: "miniature.io"}, {text: "uptime"}, {text: "zabbix"}, {text: "nagios"}, {text: "site24"},
}

// heads tell a program where the header begins with them.
var heads = []string{
	"active", "ad muncher", "amaya", "apache/", "avsdevicesdk/", "azure", "biglotron", "blackbox exporter", "bot",
	"clamav ", "clamav/", "claude-code/", "client/", "cobweb/", "custom", "ddg_android", "ddg-android", "discourse",
	"dispatch/", "downcast/", "duckduckgo", "email", "exodusmovement", "facebook", "getright/", "gozilla/", "hobbit",
	"hotzonu", "hwcdn/", "igetter/", "jeode/", "jetty/", "jigsaw", "microsoft bits", "movabletype", "navermailapp",
	"netsurf", "offline", "openai/", "owler", "php", "postman", "ps_daily/", "python", "rank", "read", "reed",
	"remove.bg/", "rest", "rss", "snapchat", "sora ", "space bison", "stape/", "svn", "swcd ", "taringa", "thumbor/",
	"track", "w3c", "webbandit/", "webcopier", "wget", "whatsapp", "wordpress", "xenu link sleuth", "yahoo", "yandex",
	"zdm/", "zoom marketplace/", "<", "(", ";",
}
