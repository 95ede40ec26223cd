package hit

import (
	"math/rand/v2"
	"testing"
)

// Every vocabulary fits its field, and the highest bit stays the caller's. Seen to fail when each field in turn has a bit less, and
// when the media have a bit more.
func TestVocabulariesFitTheirFields(t *testing.T) {
	for name, f := range map[string]struct{ most, bits int }{
		"browser": {int(browsers) - 1, browserBits}, "system": {int(systems) - 1, systemBits}, "device": {int(devices) - 1, deviceBits},
		"version": {MostVersion, versionBits}, "country": {len(CountryCodes()) - 1, countryBits}, "language": {len(LanguageCodes()) - 1, languageBits},
		"viewport": {int(viewports) - 1, viewportBits}, "media": {int(MediaOf("nmtfrcd") | MediaOf("n") | MediaOf("m")), mediaBits},
		"input": {int(inputs) - 1, 2}, "region": {int(regions) - 1, regionBits}, "network class": {len(NetworkClassCodes()) - 1, classBits},
	} {
		if f.most >= 1<<f.bits {
			t.Errorf("%s has values up to %d, too many for %d bits", name, f.most, f.bits)
		}
	}
	if packedBits > 63 {
		t.Errorf("an environment takes %d bits, and one is the caller's", packedBits)
	}
}

// TestEnvironmentsArePackedWhole packs and unpacks every value of every field, the others
// drawn at random. Seen to fail when a field has a bit less room, when a language is
// taken for a country, and when the window or the media are not packed, and when a version is not
// held to MostVersion.
func TestEnvironmentsArePackedWhole(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 3))
	countries, languages := CountryCodes(), LanguageCodes()
	some := func() (env Environment) {
		env.Country, _ = ParseCountry(countries[random.IntN(len(countries))])
		env.Language, _ = ParseLanguage(languages[random.IntN(len(languages))])
		env.Browser, env.System, env.Device = Browser(random.IntN(int(browsers))), System(random.IntN(int(systems))), Device(random.IntN(int(devices)))
		env.Version = uint16(random.IntN(MostVersion + 1))
		env.Viewport, env.Media = Viewport(random.IntN(int(viewports))), Media(random.IntN(1<<mediaBits))
		env.Region, env.Class = Region(random.IntN(int(regions))), NetworkClass(random.IntN(int(networkClasses)))
		return env
	}
	check := func(n int, change func(env *Environment, n int)) {
		for n := range n {
			env := some()
			change(&env, n)
			word := Pack(env).Word()
			parsed, ok := ParsePacked(word)
			if got := Remembered(word).Unpack(); got != env || !ok || parsed != Pack(env) || word>>packedBits != 0 {
				t.Fatalf("the environment\n%+v comes back of %#x as\n%+v, sound: %v", env, word, got, ok)
			}
		}
	}
	if Pack(Environment{}).Word() != 0 {
		t.Error("the zero environment is not 0")
	}
	if got := Pack(Environment{Version: 65535}).Unpack(); got != (Environment{Version: MostVersion}) {
		t.Errorf("a version above the most comes back as %+v: it may spill into no other field", got)
	}
	check(int(browsers), func(env *Environment, n int) { env.Browser = Browser(n) })
	check(int(systems), func(env *Environment, n int) { env.System = System(n) })
	check(int(devices), func(env *Environment, n int) { env.Device = Device(n) })
	check(MostVersion+1, func(env *Environment, n int) { env.Version = uint16(n) })
	check(len(countries), func(env *Environment, n int) { env.Country, _ = ParseCountry(countries[n]) })
	check(len(languages), func(env *Environment, n int) { env.Language, _ = ParseLanguage(languages[n]) })
	check(int(viewports), func(env *Environment, n int) { env.Viewport = Viewport(n) })
	check(1<<mediaBits, func(env *Environment, n int) { env.Media = Media(n) })
	check(int(regions), func(env *Environment, n int) { env.Region = Region(n) })
	check(int(networkClasses), func(env *Environment, n int) { env.Class = NetworkClass(n) })
}

// A word of a record that Pack cannot have made is refused: its codes would have no
// names. Seen to fail for each condition of ParsePacked that is left out.
func TestPackedRefuses(t *testing.T) {
	for name, word := range map[string]uint64{
		"a browser more": uint64(browsers), "a system more": uint64(systems) << systemAt, "a device more": uint64(devices) << deviceAt,
		"a version more": (MostVersion + 1) << versionAt, "a country more": uint64(len(CountryCodes())) << countryAt,
		"a language more": uint64(len(LanguageCodes())) << languageAt, "a window more": uint64(viewports) << viewportAt,
		"a region more": uint64(regions) << regionAt, "a class of networks more": uint64(networkClasses) << classAt, "the caller's bit": 1 << 63,
	} {
		if p, ok := ParsePacked(word); ok || p != (Packed{}) {
			t.Errorf("%s is taken for an environment: %+v", name, Remembered(word).Unpack())
		}
	}
}

// What no statistic counts by is not kept beside what one does; what it counts by stays as
// it is. Seen to fail when Only returns all of it, when each line of the mask is left out,
// and when it keeps that something was told for the pointer alone.
func TestOnly(t *testing.T) {
	said := func(m Media) map[Dimension]string {
		return map[Dimension]string{ByInput: m.Input().Code(), ByMotion: m.Motion().Code(), ByContrast: m.Contrast().Code(), ByColours: m.Colours().Code(), ByTheme: m.Theme().Code()}
	}
	for _, letters := range []string{"mfrcd", "m", "r", "n", "td", ""} {
		whole := said(MediaOf(letters))
		for _, d := range OfMedia.All() {
			for other, got := range said(MediaOf(letters).Only(Of(d))) {
				switch nothing := got == Unknown; {
				case other == d && got != whole[d]:
					t.Errorf("%q for %s alone says %s, want %s", letters, d, got, whole[d])
				case other != d && d == ByInput && !nothing, other == ByInput && d != ByInput && !nothing:
					t.Errorf("%q for %s alone says the %s, %s", letters, d, other, got)
				}
			}
		}
		if m := MediaOf(letters); m.Only(OfMedia) != m || m.Only(^OfMedia) != 0 {
			t.Errorf("%q for all says %08b of %08b, for others %08b", letters, m.Only(OfMedia), m, m.Only(^OfMedia))
		}
	}
	if MediaOf("mr").Only(Of(ByMotion)) != MediaOf("fcdr").Only(Of(ByMotion)) || MediaOf("").Only(Of(ByInput)) != MediaOf("fcd").Only(Of(ByInput)) {
		t.Error("what is not counted makes two environments of one")
	}
}
