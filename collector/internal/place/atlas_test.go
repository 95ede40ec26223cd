package place_test

import (
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/maxmind/mmdbwriter"
	"github.com/maxmind/mmdbwriter/mmdbtype"

	"oboro/collector/hit"
	"oboro/collector/internal/place"
)

// city is a record of a City database: the country's subdivisions from the largest on.
func city(country, code, name string) mmdbtype.Map {
	subdivision := mmdbtype.Map{"names": mmdbtype.Map{"en": mmdbtype.String(name)}}
	if code != "" {
		subdivision["iso_code"] = mmdbtype.String(code)
	}
	smaller := mmdbtype.Map{"iso_code": mmdbtype.String("47"), "names": mmdbtype.Map{"en": mmdbtype.String("Okinawa")}}
	return mmdbtype.Map{
		"country":      mmdbtype.Map{"iso_code": mmdbtype.String(country)},
		"subdivisions": mmdbtype.Slice{subdivision, smaller},
	}
}

func atlas(t *testing.T, config place.Config) *place.Atlas {
	t.Helper()
	a, err := place.NewAtlas(config)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func of(a *place.Atlas, address string) string {
	country, region := a.Of(netip.MustParseAddr(address))
	return country.Code() + " " + region.Code()
}

// Prefectures are those of Japan, by their code or by their English name, and the
// largest subdivision decides. Seen to fail when the last subdivision is taken, when a
// country abroad has regions, when a code that is none falls back to the name, and when
// the remembered region is that of the country alone.
func TestRegions(t *testing.T) {
	entries := []entry{
		{"192.0.2.0/28", city("JP", "13", "Tokyo")}, {"192.0.2.16/28", city("JP", "01", "Hokkaido")},
		{"192.0.2.32/28", city("JP", "", "Ōsaka")}, {"192.0.2.48/28", city("JP", "", "Kyōto-fu")},
		{"192.0.2.64/28", city("JP", "", "Shiga Prefecture")}, {"192.0.2.80/28", city("JP", "", "Edo")},
		{"192.0.2.96/28", city("JP", "48", "Tokyo")}, {"192.0.2.112/28", country("JP")},
		{"192.0.2.128/28", city("US", "13", "Georgia")}, {"192.0.2.144/28", city("EU", "13", "Tokyo")},
		{"192.0.2.160/28", city("JP", "", strings.Repeat("Tokyo ", 100))}, {"2001:db8::/32", city("JP", "47", "Okinawa")},
		{"192.0.2.176/28", city("JP", "", "HYŌGO")}, {"192.0.2.192/28", city("JP", "", "Kochi")},
	}
	config := place.Config{Path: write(t, "GeoLite2-City", entries...), Regions: true, Exact: true}
	a := atlas(t, config)
	config.Regions = false
	unasked := atlas(t, config)
	for _, tt := range []struct{ name, address, want string }{
		{"by its code", "192.0.2.1", "JP JP-13"}, {"by its code, one digit", "192.0.2.17", "JP JP-01"},
		{"by its code, mapped", "::ffff:192.0.2.1", "JP JP-13"},
		{"by its code, IPv6", "2001:db8::1", "JP JP-47"},
		{"by its name", "192.0.2.33", "JP JP-27"}, {"by its name, of a fu", "192.0.2.49", "JP JP-26"},
		{"by its name, said in full", "192.0.2.65", "JP JP-25"}, {"by its name, in capital letters", "192.0.2.177", "JP JP-28"},
		{"by a short name", "192.0.2.193", "JP JP-39"},
		{"by no name of today", "192.0.2.81", "JP unknown"}, {"by a name that is too long", "192.0.2.161", "JP unknown"},
		{"by no code of a prefecture", "192.0.2.97", "JP unknown"}, {"in Japan, no more is known", "192.0.2.113", "JP unknown"},
		{"abroad", "192.0.2.129", "US abroad"}, {"in no country", "192.0.2.145", "unknown unknown"},
		{"nowhere", "10.0.0.1", "unknown unknown"},
	} {
		for range 2 { // the second is answered from memory
			if got := of(a, tt.address); got != tt.want {
				t.Errorf("%s: %s is in %q, want %q", tt.name, tt.address, got, tt.want)
			}
		}
		if got, want := of(unasked, tt.address), strings.Fields(tt.want)[0]+" unknown"; got != want {
			t.Errorf("%s: not asked for regions, %s is in %q, want %q", tt.name, tt.address, got, want)
		}
	}
	if country, region := a.Of(netip.Addr{}); country != (hit.Country{}) || region != hit.UnknownRegion {
		t.Errorf("no address is in %s, %s", country.Code(), region.Code())
	}
	if about := a.Table().About(); !about.Regions || about.BuiltIn || about.Type != "GeoLite2-City" || !about.Date.Equal(built) {
		t.Errorf("the table says of itself %+v", about)
	}
}

// Each prefecture is known by the name that DB-IP gives it. Seen to fail when two names
// of the list change places.
func TestPrefecturesByName(t *testing.T) {
	for name, want := range map[string]string{
		"Hokkaido": "JP-01", "Aomori": "JP-02", "Fukushima": "JP-07", "Gunma": "JP-10", "Chiba": "JP-12", "Tokyo": "JP-13", "Kanagawa": "JP-14",
		"Niigata": "JP-15", "Toyama": "JP-16", "Ishikawa": "JP-17", "Yamanashi": "JP-19", "Nagano": "JP-20", "Aichi": "JP-23", "Mie": "JP-24",
		"Nara": "JP-29", "Tottori": "JP-31", "Hiroshima": "JP-34", "Kōchi": "JP-39", "Fukuoka": "JP-40", "Ōita": "JP-44", "Miyazaki": "JP-45",
		"Kagoshima": "JP-46", "Okinawa": "JP-47",
	} {
		a := atlas(t, place.Config{Regions: true, Path: write(t, "DBIP-City-Lite", entry{"192.0.2.0/24", city("JP", "", name)})})
		if got := of(a, "192.0.2.1"); got != "JP "+want {
			t.Errorf("%s is %q, want %s", name, got, want)
		}
	}
}

// Seen to fail when a file without prefectures is taken for one that has them, and when
// the built-in table is asked for regions.
func TestRegionsNeedAFileThatHasThem(t *testing.T) {
	for _, tt := range []struct{ name, path, want string }{
		{"built in", "", "name a City database"},
		{"countries alone", write(t, "GeoLite2-Country", entry{"192.0.2.0/24", country("JP")}), `type "GeoLite2-Country" holds no prefectures of Japan; use GeoLite2 City`},
		{"cities abroad alone", write(t, "GeoLite2-City", entry{"192.0.2.0/24", city("US", "13", "Georgia")}), "holds no prefectures"},
	} {
		if a, err := place.NewAtlas(place.Config{Path: tt.path, Regions: true}); err == nil || a != nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: NewAtlas = %v, %v, want an error with %q", tt.name, a, err, tt.want)
		}
	}
}

// Files that no reader has a type for serve too, if they have a country in one of the
// known places. Seen to fail when find looks at the first path alone.
func TestFlatFiles(t *testing.T) {
	for key, kind := range map[mmdbtype.String]string{"country_code": "country ipvAll", "country": "ipinfo country.mmdb"} {
		a := atlas(t, place.Config{Path: write(t, kind,
			entry{"192.0.2.0/24", mmdbtype.Map{key: mmdbtype.String("JP")}},
			entry{"198.51.100.0/24", mmdbtype.Map{key: mmdbtype.String("FR")}},
			entry{"203.0.113.0/24", mmdbtype.Map{key: mmdbtype.String("XX")}},
		)})
		for address, want := range map[string]string{"192.0.2.1": "JP unknown", "198.51.100.1": "FR unknown", "203.0.113.1": "unknown unknown"} {
			if got := of(a, address); got != want {
				t.Errorf("%s: %s is in %q, want %q", key, address, got, want)
			}
		}
		if got := a.Table().About().Type; got != kind {
			t.Errorf("the type is %q, want %q", got, kind)
		}
	}
}

// Unless it is asked otherwise, an atlas looks at the network of an address alone. Seen
// to fail when Exact is read the other way round.
func TestTruncatedAddressIsLookedUp(t *testing.T) {
	path := write(t, "GeoLite2-Country", entry{"192.0.2.0/25", country("JP")}, entry{"192.0.2.128/25", country("FR")},
		entry{"2001:db8:1::/49", country("JP")}, entry{"2001:db8:1:8000::/49", country("FR")})
	truncated, exact := atlas(t, place.Config{Path: path}), atlas(t, place.Config{Path: path, Exact: true})
	for _, address := range []string{"192.0.2.200", "::ffff:192.0.2.200", "2001:db8:1:9000::1"} {
		if got := of(truncated, address); got != "JP unknown" {
			t.Errorf("by its network %s is in %q, want the first's, JP", address, got)
		}
		if got := of(exact, address); got != "FR unknown" {
			t.Errorf("by all of it %s is in %q, want its own, FR", address, got)
		}
	}
}

// A corrupt, empty, half-written or foreign file is refused, and the table before goes on
// answering. Seen to fail when Verify is left out (the changed byte), and when read puts
// the table in use before it looks at the error.
func TestBadFileLeavesTheTable(t *testing.T) {
	path := write(t, "GeoLite2-Country", entry{"192.0.2.0/24", country("JP")}, entry{"203.0.113.0/24", country("KR")})
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	changed := []byte(strings.Replace(string(good), "\x42KR", "\xe9KR", 1)) // another type, in a record that is not the first
	foreign, err := os.ReadFile(write(t, "GeoLite2-ASN", entry{"192.0.2.0/24", mmdbtype.Map{"autonomous_system_number": mmdbtype.Uint32(1)}}))
	if err != nil {
		t.Fatal(err)
	}
	newer, err := os.ReadFile(write(t, "GeoLite2-Country", entry{"192.0.2.0/24", country("FR")}))
	if err != nil {
		t.Fatal(err)
	}
	a := atlas(t, place.Config{Path: path})
	for _, tt := range []struct {
		name string
		data []byte
	}{{"empty", nil}, {"half written", good[:len(good)/2]}, {"without its end", good[:len(good)-50]}, {"a changed byte", changed}, {"foreign", foreign}} {
		if err := os.WriteFile(path, tt.data, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := a.Reload(); err == nil || !strings.Contains(err.Error(), "read the country table: "+path) {
			t.Errorf("%s: Reload = %v, want an error that names the file", tt.name, err)
		}
		if got := of(a, "192.0.2.1"); got != "JP unknown" {
			t.Errorf("%s: the answer is %q, want that of the table before", tt.name, got)
		}
	}
	if err := os.WriteFile(path, newer, 0o600); err != nil {
		t.Fatal(err)
	}
	for i, want := range []bool{false, true, false} {
		if renewed, err := a.Look(); err != nil || renewed != want {
			t.Errorf("look %d: renewed %v, %v, want %v", i+1, renewed, err, want)
		}
	}
	if got := of(a, "192.0.2.1"); got != "FR unknown" {
		t.Errorf("after a good file the answer is %q, want FR", got)
	}
}

// No look-up sees half of one table and half of another. Seen to fail, also without
// -race, when Of asks Table twice.
func TestReplacedUnderLookUps(t *testing.T) {
	one := write(t, "GeoLite2-City", entry{"192.0.2.0/24", city("JP", "13", "Tokyo")})
	two := write(t, "GeoLite2-City", entry{"192.0.2.0/24", city("US", "13", "Georgia")}, entry{"198.51.100.0/24", city("JP", "13", "Tokyo")})
	path := filepath.Join(t.TempDir(), "x.mmdb")
	put := func(from string) {
		data, err := os.ReadFile(from)
		if err == nil {
			err = os.WriteFile(path+".new", data, 0o600)
		}
		if err == nil {
			err = os.Rename(path+".new", path)
		}
		if err != nil {
			t.Error(err)
		}
	}
	put(one)
	a := atlas(t, place.Config{Path: path, Regions: true})
	stop := make(chan struct{})
	var group sync.WaitGroup
	for range 2 {
		group.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if got := of(a, "192.0.2.9"); got != "JP JP-13" && got != "US abroad" {
					t.Errorf("a look-up answers %q", got)
					return
				}
			}
		})
	}
	for i := range 30 {
		put([]string{two, one}[i%2])
		if err := a.Reload(); err != nil {
			t.Error(err)
		}
	}
	close(stop)
	group.Wait()
}

// The built-in table has no file to look at.
func TestBuiltInAtlas(t *testing.T) {
	a := atlas(t, place.Config{})
	if renewed, err := a.Look(); renewed || err != nil || a.Reload() != nil {
		t.Errorf("the built-in table was looked at: %v, %v", renewed, err)
	}
	if got := of(a, "202.232.2.164"); got != "JP unknown" {
		t.Errorf("an address of IIJ is in %q, want JP", got)
	}
	if about := a.Table().About(); !about.BuiltIn || about.Regions || about.Type != "DBIP-Country-Lite" {
		t.Errorf("the table says of itself %+v", about)
	}
}

// Seen to fail when what a record says is not remembered.
func TestWarmLookUpsAllocateNothing(t *testing.T) {
	a := atlas(t, place.Config{Path: write(t, "DBIP-City-Lite", entry{"192.0.2.0/24", city("JP", "", "Ōsaka")}), Regions: true})
	address := netip.MustParseAddr("192.0.2.1")
	if n := testing.AllocsPerRun(100, func() { a.Of(address) }); n != 0 {
		t.Errorf("a warm look-up allocates %v times, want none", n)
	}
}

// A whole table of 24, 28 or 32 bits is read. Seen to fail when step has no case of 28.
func TestRecordSizes(t *testing.T) {
	for _, size := range []int{24, 28, 32} {
		path := writeSized(t, size, mmdbwriter.Options{DatabaseType: "GeoLite2-City"}, entry{"192.0.2.0/24", city("JP", "13", "Tokyo")}, entry{"2001:db8::/32", city("JP", "01", "Hokkaido")})
		a := atlas(t, place.Config{Path: path, Regions: true})
		if got := of(a, "192.0.2.1") + ", " + of(a, "2001:db8::1"); got != "JP JP-13, JP JP-01" {
			t.Errorf("of %d bits: %s", size, got)
		}
	}
}
