package hit

// Environment is what the first hit of a visitor-day told of its browser, its display
// and its place. It stays as it is for the rest of the day, so that one visitor-day
// counts in one cell of each of its tables.
type Environment struct {
	Country  Country
	Browser  Browser
	Version  uint16 // major version of the browser, at most MostVersion, 0 where unknown
	System   System
	Device   Device
	Language Language
	Viewport Viewport
	Media    Media
	Region   Region
	Class    NetworkClass // of the network
}

// An environment is packed into the lower 63 bits of a number, each field as narrow as
// its vocabulary allows. Bit 63 is the caller's.
const (
	browserBits  = 6
	systemBits   = 4
	deviceBits   = 3
	versionBits  = 14
	countryBits  = 8
	languageBits = 8
	viewportBits = 3
	mediaBits    = 7
	regionBits   = 6
	classBits    = 4

	systemAt   = browserBits
	deviceAt   = systemAt + systemBits
	versionAt  = deviceAt + deviceBits
	countryAt  = versionAt + versionBits
	languageAt = countryAt + countryBits
	viewportAt = languageAt + languageBits
	mediaAt    = viewportAt + viewportBits
	regionAt   = mediaAt + mediaBits
	classAt    = regionAt + regionBits
	packedBits = classAt + classBits
)

// MostVersion is the largest major version of a browser: browsers have four digits at
// most, and what has more is no version.
const MostVersion = 9999

// A Packed is an environment in one number. The zero Packed is that of the zero Environment.
type Packed struct{ word uint64 }

// Pack returns an environment in a number that no other has; a version above MostVersion,
// which there is not, counts as that. The number holds for one version of the
// program: a country that is added moves those behind it.
func Pack(env Environment) Packed {
	return Packed{uint64(env.Browser) | uint64(env.System)<<systemAt | uint64(env.Device)<<deviceAt |
		uint64(min(env.Version, MostVersion))<<versionAt | uint64(countryPlaces.of(env.Country.code, 'A'))<<countryAt |
		uint64(languagePlaces.of(env.Language.code, 'a'))<<languageAt |
		uint64(env.Viewport)<<viewportAt | uint64(env.Media)<<mediaAt |
		uint64(env.Region)<<regionAt | uint64(env.Class)<<classAt}
}

// Word returns the number.
func (p Packed) Word() uint64 { return p.word }

// Remembered returns the environment of a Word that this program itself has kept in memory.
// One from anywhere else goes through [ParsePacked].
func Remembered(word uint64) Packed { return Packed{word} }

// ParsePacked returns the environment of a number, or false where Pack could not have
// returned it: where not all of it is of the vocabularies in use.
func ParsePacked(word uint64) (Packed, bool) {
	e := Remembered(word).Unpack()
	ok := e.Browser < browsers && e.System < systems && e.Device < devices && e.Version <= MostVersion &&
		e.Viewport < viewports && e.Region < regions && e.Class < networkClasses
	if p := Pack(e); ok && p.word == word {
		return p, true
	}
	return Packed{}, false
}

// Unpack returns the environment.
func (p Packed) Unpack() Environment {
	word := p.word
	return Environment{
		Browser: Browser(word & (1<<browserBits - 1)), System: System(word >> systemAt & (1<<systemBits - 1)),
		Device: Device(word >> deviceAt & (1<<deviceBits - 1)), Version: uint16(word >> versionAt & (1<<versionBits - 1)),
		Country: countryValues[word>>countryAt&(1<<countryBits-1)], Language: languageValues[word>>languageAt&(1<<languageBits-1)],
		Viewport: Viewport(word >> viewportAt & (1<<viewportBits - 1)), Media: Media(word >> mediaAt & (1<<mediaBits - 1)),
		Region: Region(word >> regionAt & (1<<regionBits - 1)), Class: NetworkClass(word >> classAt & (1<<classBits - 1)),
	}
}

var (
	countryValues, countryPlaces   = placed(CountryCodes(), 'A', ParseCountry)
	languageValues, languagePlaces = placed(LanguageCodes(), 'a', ParseLanguage)
)

// A places holds where each code of two letters stands in its vocabulary; 0 is unknown.
type places [26 * 26]uint8

// of returns the place of a code, the first letter of its alphabet being first.
func (p *places) of(code [2]byte, first byte) uint8 {
	if code[0] == 0 { // Unknown
		return 0
	}
	return p[int(code[0]-first)*26+int(code[1]-first)]
}

// placed returns the values of a vocabulary of codes by their places, and the places.
// The first code is Unknown.
func placed[T any](codes []string, first byte, parse func(string) (T, bool)) (values [1 << 8]T, at places) {
	for i, code := range codes[1:] {
		values[i+1], _ = parse(code)
		at[int(code[0]-first)*26+int(code[1]-first)] = uint8(i + 1)
	}
	return values, at
}
