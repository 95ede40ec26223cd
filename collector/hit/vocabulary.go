package hit

// Closed vocabularies. Their codes are written to stores and published files:
// append, never renumber or rename.

// A Browser is a browser family.
type Browser uint8

// The browser families. OtherBrowser is what is none of the others.
const (
	OtherBrowser Browser = iota
	Chrome
	Safari
	Edge
	Firefox
	SamsungInternet
	Opera
	InternetExplorer
	AndroidBrowser
	GoogleApp
	LINE
	YahooJapan
	SmartNews
	Facebook
	Instagram
	XApp
	DuckDuckGo
	Vivaldi
	Brave
	Yandex
	UCBrowser
	MiuiBrowser
	HuaweiBrowser
	Silk
	Naver
	WeChat
	browsers
)

var browserNames = [browsers]string{
	"other", "chrome", "safari", "edge", "firefox", "samsung-internet", "opera",
	"internet-explorer", "android-browser", "google-app", "line", "yahoo-japan",
	"smartnews", "facebook", "instagram", "x", "duckduckgo", "vivaldi", "brave",
	"yandex", "uc-browser", "miui-browser", "huawei-browser", "silk", "naver", "wechat",
}

// Code returns the family's code, such as "chrome".
func (b Browser) Code() string { return browserNames[b] }

// BrowserCodes returns the codes of all families.
func BrowserCodes() []string { return browserNames[:] }

// A System is an operating system family.
type System uint8

// The operating systems.
const (
	OtherSystem System = iota
	Windows
	MacOS
	IOS // iPhone, iPad and iPod
	Android
	Linux
	ChromeOS
	HarmonyOS
	Tizen
	KaiOS
	systems
)

var systemNames = [systems]string{
	"other", "windows", "macos", "ios", "android", "linux", "chromeos", "harmonyos", "tizen", "kaios",
}

// Code returns the system's code, such as "windows".
func (s System) Code() string { return systemNames[s] }

// SystemCodes returns the codes of all systems.
func SystemCodes() []string { return systemNames[:] }

// A Device is a class of device.
type Device uint8

// The device classes.
const (
	OtherDevice Device = iota
	Desktop
	Phone
	Tablet
	TV
	devices
)

var deviceNames = [devices]string{"other", "desktop", "phone", "tablet", "tv"}

// Code returns the class's code, such as "phone".
func (d Device) Code() string { return deviceNames[d] }

// DeviceCodes returns the codes of all classes.
func DeviceCodes() []string { return deviceNames[:] }

// A Country is an ISO 3166-1 alpha-2 code; the zero Country is unknown.
type Country struct{ code [2]byte }

// ParseCountry returns the country of that code, such as "JP". Anything that is
// not in the list of ISO 3166-1 is refused.
func ParseCountry(code string) (Country, bool) {
	if len(code) != 2 || !isCountry.has(code, 'A') {
		return Country{}, false
	}
	return Country{[2]byte{code[0], code[1]}}, true
}

// Unknown is the code of a country, language or browser version that is not known.
const Unknown = "unknown"

// Code returns the code, or [Unknown].
func (c Country) Code() string {
	if c.code[0] == 0 {
		return Unknown
	}
	return string(c.code[:])
}

// Letters returns the two letters of the code, or zeros where it is not known.
func (c Country) Letters() [2]byte { return c.code }

// CountryCodes returns the codes of all countries, and [Unknown].
func CountryCodes() []string {
	codes := []string{Unknown}
	for i := 0; i < len(countries); i += 2 {
		codes = append(codes, countries[i:i+2])
	}
	return codes
}

// A Language is a primary language subtag of ISO 639-1; the zero Language is unknown.
type Language struct{ code [2]byte }

// ParseLanguage returns the language of that code, such as "ja". Anything that is
// not in the list of ISO 639-1 is refused.
func ParseLanguage(code string) (Language, bool) {
	if len(code) != 2 || !isLanguage.has(code, 'a') {
		return Language{}, false
	}
	return Language{[2]byte{code[0], code[1]}}, true
}

// Code returns the code, or [Unknown].
func (l Language) Code() string {
	if l.code[0] == 0 {
		return Unknown
	}
	return string(l.code[:])
}

// Letters returns the two letters of the code, or zeros where it is not known.
func (l Language) Letters() [2]byte { return l.code }

// LanguageCodes returns the codes of all languages, and [Unknown].
func LanguageCodes() []string {
	codes := []string{Unknown}
	for i := 0; i < len(languages); i += 2 {
		codes = append(codes, languages[i:i+2])
	}
	return codes
}

// countries is ISO 3166-1 alpha-2, two letters a country.
const countries = "ADAEAFAGAIALAMAOAQARASATAUAWAXAZBABBBDBEBFBGBHBIBJBLBMBNBOBQBRBSBTBVBWBYBZ" +
	"CACCCDCFCGCHCICKCLCMCNCOCRCUCVCWCXCYCZDEDJDKDMDODZECEEEGEHERESETFIFJFKFMFOFRGAGBGDGEGFGGGHGIGLGMGNGPGQGRGSGTGUGWGY" +
	"HKHMHNHRHTHUIDIEILIMINIOIQIRISITJEJMJOJPKEKGKHKIKMKNKPKRKWKYKZLALBLCLILKLRLSLTLULVLYMAMCMDMEMFMGMHMKMLMMMNMOMPMQMRMSMTMUMVMWMXMYMZ" +
	"NANCNENFNGNINLNONPNRNUNZOMPAPEPFPGPHPKPLPMPNPRPSPTPWPYQARERORSRURWSASBSCSDSESGSHSISJSKSLSMSNSOSRSSSTSVSXSYSZ" +
	"TCTDTFTGTHTJTKTLTMTNTOTRTTTVTWTZUAUGUMUSUYUZVAVCVEVGVIVNVUWFWSYEYTZAZMZW"

// languages is ISO 639-1, two letters a language.
const languages = "aaabaeafakamanarasavayazbabebgbibmbnbobrbscacechcocrcscucvcydadedvdzeeeleneoeseteufafffifjfofrfy" +
	"gagdglgngugvhahehihohrhthuhyhziaidieigiiikioisitiujajvkakgkikjkkklkmknkokrkskukvkwkylalblglilnloltlulv" +
	"mgmhmimkmlmnmrmsmtmynanbndnengnlnnnonrnvnyocojomorospapiplpsptqurmrnrorurwsascsdsesgsiskslsmsnsosqsrssstsusvsw" +
	"tatetgthtitktltntotrtstttwtyugukuruzvevivowawoxhyiyozazhzu"

var (
	isCountry  = setOf(countries, 'A')
	isLanguage = setOf(languages, 'a')
)

// A pairs is a set of codes of two letters, of an alphabet of 26.
type pairs [26 * 26]bool

func setOf(list string, first byte) (set pairs) {
	for i := 0; i < len(list); i += 2 {
		set[int(list[i]-first)*26+int(list[i+1]-first)] = true
	}
	return set
}

// has reports whether a code of two bytes is in the set.
func (p *pairs) has(code string, first byte) bool {
	a, b := code[0]-first, code[1]-first
	return a < 26 && b < 26 && p[int(a)*26+int(b)]
}
