package collector_test

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/maxmind/mmdbwriter"
	"github.com/maxmind/mmdbwriter/mmdbtype"

	"oboro/collector"
	"oboro/collector/hit"
)

// database returns a file of networks of a type.
func database(t testing.TB, databaseType string, networks map[string]mmdbtype.Map) []byte {
	t.Helper()
	tree, err := mmdbwriter.New(mmdbwriter.Options{
		DatabaseType: databaseType, RecordSize: 24, BuildEpoch: noon.Unix(), IncludeReservedNetworks: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	for cidr, record := range networks {
		_, network, err := net.ParseCIDR(cidr)
		if err != nil {
			t.Fatal(err)
		}
		if err := tree.Insert(network, record); err != nil {
			t.Fatal(err)
		}
	}
	var data bytes.Buffer
	if _, err := tree.WriteTo(&data); err != nil {
		t.Fatal(err)
	}
	return data.Bytes()
}

func city(country, region string) mmdbtype.Map {
	return mmdbtype.Map{
		"country":      mmdbtype.Map{"iso_code": mmdbtype.String(country)},
		"subdivisions": mmdbtype.Slice{mmdbtype.Map{"iso_code": mmdbtype.String(region)}},
	}
}

func numbered(n uint32) mmdbtype.Map {
	return mmdbtype.Map{"autonomous_system_number": mmdbtype.Uint32(n)}
}

// write puts a file in a place as if it had come at that second.
func write(t testing.TB, path string, data []byte, second int64) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	at := time.Unix(1_790_000_000+second, 0)
	if err := os.Chtimes(path, at, at); err != nil {
		t.Fatal(err)
	}
}

// tablesOf are files in which 198.51.100.0/24 is a university in Tokyo, 203.178.137.0/24 an
// operator's in Kyoto, 203.0.113.0/24 a data centre's in Tokyo, and 2001:db8::/48 abroad.
func tablesOf(t testing.TB) collector.Tables {
	t.Helper()
	folder := t.TempDir()
	files := collector.Tables{
		Countries: filepath.Join(folder, "city.mmdb"), Domains: filepath.Join(folder, "domains.mmdb"), Numbers: filepath.Join(folder, "numbers.mmdb"),
	}
	write(t, files.Countries, database(t, "GeoLite2-City", map[string]mmdbtype.Map{
		"198.51.100.0/24": city("JP", "13"), "203.178.137.0/24": city("JP", "26"), "203.0.113.0/24": city("JP", "13"), "2001:db8::/48": city("DE", "BE"),
	}), 0)
	write(t, files.Domains, database(t, "GeoIP2-Domain", map[string]mmdbtype.Map{
		"198.51.100.0/24": {"domain": mmdbtype.String("example.ac.jp")}, "2001:db8::/48": {"domain": mmdbtype.String("example.de")},
	}), 0)
	write(t, files.Numbers, database(t, "GeoLite2-ASN", map[string]mmdbtype.Map{
		"203.178.137.0/24": numbered(4713), "203.0.113.0/24": numbered(16509),
	}), 0)
	return files
}

// networked computes what comes of an address, and nothing else.
var networked = hit.Plan{Kinds: everything.Kinds, Computes: hit.Of(hit.ByCountry) | hit.OfAddress, Sets: []hit.Set{{Of: hit.View, Cap: 1}}}

// locating returns a world that has tablesOf, of the plan networked.
func locating(t testing.TB, changes ...func(*collector.Config)) (*world, collector.Tables) {
	t.Helper()
	w := newWorld(t, everything)
	config := w.config(networked)
	config.Tables = tablesOf(t)
	for _, change := range changes {
		change(&config)
	}
	return w.with(t, config), config.Tables
}

// from returns what is told of the address of one hit of it.
func (w *world) from(t testing.TB, address string) string {
	t.Helper()
	if list, err := w.feed([]byte(sender{address: address, agent: firefox}.view("/"))); err != nil || list[0].code != 202 {
		t.Fatalf("%s: answers %+v, %v, want 202", address, list, err)
	}
	hits, meters := w.drain()
	if len(hits) != 1 || meters[day+" 0 kept"] != 1 {
		t.Fatalf("%s: hits %+v, meters %v, want one kept", address, hits, meters)
	}
	h := hits[0]
	return fmt.Sprintf("%s %s %q %s, %d of a data centre", h.Env.Unpack().Country.Code(), h.Env.Unpack().Region.Code(), h.Network.Name(), h.Env.Unpack().Class.Code(), meters[day+" 0 data-centre"])
}

// A hit tells the country, the region and the network that the operator's files have of its
// truncated address. Seen to fail when a file is not handed on, when the regions are not
// asked for, and when the meter is added for every number, or not at all.
func TestTablesOfTheOperator(t *testing.T) {
	w, _ := locating(t)
	for address, want := range map[string]string{
		"198.51.100.7":   `JP JP-13 "example.ac.jp" ac.jp, 0 of a data centre`,
		"203.178.137.58": `JP JP-26 "ocn.ne.jp" ne.jp, 0 of a data centre`,
		"203.0.113.9":    `JP JP-13 "" unknown, 1 of a data centre`,
		"2001:db8::1":    `DE abroad "example.de" foreign, 0 of a data centre`,
		"192.0.2.1":      `unknown unknown "" unknown, 0 of a data centre`,
	} {
		for range 2 { // the second one is of a sender that is known
			if got := w.from(t, address); got != want {
				t.Errorf("%s: %s, want %s", address, got, want)
			}
		}
	}
	if about := w.collector.Places(); about.Type != "GeoLite2-City" || !about.Date.Equal(noon.Truncate(time.Second)) {
		t.Errorf("of the country table is said %+v", about)
	}
	if list := w.collector.Networks(); len(list) != 2 || list[0].Type != "GeoIP2-Domain" || list[1].Type != "GeoLite2-ASN" {
		t.Errorf("of the tables of networks is said %+v", list)
	}
}

// Whole addresses are looked up where the declaration says so, and there alone. Seen to fail
// when Exact is not handed to the one table, and to the other.
func TestExactAddresses(t *testing.T) {
	for exact, want := range map[bool]string{
		false: `JP JP-13 "example.ac.jp" ac.jp, 0 of a data centre`,
		true:  `JP JP-47 "example.co.jp" co.jp, 1 of a data centre`,
	} {
		w, _ := locating(t, func(c *collector.Config) {
			c.Tables.Exact = exact
			write(t, c.Tables.Countries, database(t, "GeoLite2-City", map[string]mmdbtype.Map{"198.51.100.0/25": city("JP", "13"), "198.51.100.128/25": city("JP", "47")}), 1)
			write(t, c.Tables.Domains, database(t, "GeoIP2-Domain", map[string]mmdbtype.Map{
				"198.51.100.0/25": {"domain": mmdbtype.String("example.ac.jp")}, "198.51.100.128/25": {"domain": mmdbtype.String("example.co.jp")},
			}), 1)
			write(t, c.Tables.Numbers, database(t, "GeoLite2-ASN", map[string]mmdbtype.Map{"198.51.100.0/25": numbered(4713), "198.51.100.128/25": numbered(16509)}), 1)
		})
		if got := w.from(t, "198.51.100.200"); got != want {
			t.Errorf("whole addresses %v: %s, want %s", exact, got, want)
		}
	}
}

// A newer file is in use at the second look, for who comes then; who was seen today stays
// where the first hit was. One that is damaged, foreign or gone is refused, said so without a
// word of a visitor, and the old one stays; an operator who asks is answered at once. Seen to
// fail when Look and Reload each leave out the places or the networks, when what is refused
// is put in use, and when it is not noted.
func TestNewTablesComeIntoUse(t *testing.T) {
	w, files := locating(t)
	const old, new = `JP JP-13 "example.ac.jp" ac.jp, 0 of a data centre`, `JP JP-01 "example.go.jp" go.jp, 1 of a data centre`
	fresh := 10
	next := func() string { fresh++; return w.from(t, fmt.Sprintf("198.51.100.%d", fresh)) }
	newCity := database(t, "GeoLite2-City", map[string]mmdbtype.Map{"198.51.100.0/24": city("JP", "01")})
	newDomains := database(t, "GeoIP2-Domain", map[string]mmdbtype.Map{"198.51.100.0/24": {"domain": mmdbtype.String("example.go.jp")}})
	newNumbers := database(t, "GeoLite2-ASN", map[string]mmdbtype.Map{"198.51.100.0/24": numbered(16509)})
	if got := w.from(t, "198.51.100.7"); got != old {
		t.Fatalf("at first: %s, want %s", got, old)
	}
	for i, bad := range [][]byte{nil, newCity[:len(newCity)/2], newNumbers, []byte("no database")} {
		write(t, files.Countries, bad, int64(10+i))
		if err := w.collector.Look(); err != nil {
			t.Errorf("bad file %d, which may still be written, is spoken of: %v", i, err)
		}
		err := w.collector.Look()
		if err == nil || !strings.Contains(err.Error(), "read the country table: "+files.Countries) {
			t.Errorf("of bad file %d is said: %v", i, err)
		}
		if places, networks := w.collector.Refused(); !places || networks {
			t.Errorf("bad file %d of countries is noted as of places %v, of networks %v", i, places, networks)
		}
		if got := next(); got != old {
			t.Errorf("with bad file %d: %s, want %s", i, got, old)
		}
	}
	write(t, files.Domains, newCity, 20)
	if err := w.collector.Reload(); err == nil || !strings.Contains(err.Error(), files.Countries) || !strings.Contains(err.Error(), files.Domains) {
		t.Errorf("of two bad files is said: %v", err)
	}
	if places, networks := w.collector.Refused(); !places || !networks {
		t.Errorf("bad files of both are noted as of places %v, of networks %v", places, networks)
	}
	write(t, files.Countries, newCity, 30)
	write(t, files.Domains, newDomains, 30)
	write(t, files.Numbers, newNumbers, 30)
	for range 2 {
		if err := w.collector.Look(); err != nil {
			t.Errorf("good files: %v", err)
		}
	}
	if got := next(); got != new {
		t.Errorf("with new files: %s, want %s", got, new)
	}
	if got := w.from(t, "198.51.100.7"); got != old {
		t.Errorf("who was seen before: %s, want %s", got, old)
	}
	if places, networks := w.collector.Refused(); places || networks {
		t.Errorf("good files are noted as refused: of places %v, of networks %v", places, networks)
	}
	write(t, files.Numbers, database(t, "GeoLite2-ASN", map[string]mmdbtype.Map{"198.51.100.0/24": numbered(4713)}), 40)
	if err := w.collector.Reload(); err != nil {
		t.Errorf("one who asks is told: %v", err)
	}
	if got, want := next(), strings.Replace(new, "1 of", "0 of", 1); got != want {
		t.Errorf("as soon as an operator asks: %s, want %s", got, want)
	}
}

// After a kill the network of a visitor-day, and the meter of data centres, are what they
// were, and no table is asked for it. Seen to fail when the meter has no record, when its
// record counts as kept too, and when a collector that replays opens its tables.
func TestNetworksAfterAKill(t *testing.T) {
	log := &ramLog{}
	journal := func(c *collector.Config) {
		c.Journal = log
		c.Turned = func(_ hit.Day, opening []byte) error { log.begin(opening); return nil }
	}
	w, _ := locating(t, journal)
	addresses := []string{"198.51.100.7", "203.178.137.58", "203.0.113.9", "2001:db8::1", "203.0.113.9"}
	for _, address := range addresses {
		w.feed([]byte(sender{address: address, agent: firefox}.view("/")))
	}
	hits, meters := w.drain()
	again, _ := locating(t, func(c *collector.Config) {
		c.Tables = collector.Tables{Countries: "gone", Domains: "gone", Numbers: "gone"}
		c.Replays = true
	})
	for _, record := range log.records {
		if err := again.collector.Replay(record); err != nil {
			t.Fatal(err)
		}
	}
	gotHits, gotMeters := again.drain()
	if fmt.Sprint(gotHits) != fmt.Sprint(hits) || len(hits) != len(addresses) {
		t.Errorf("after a kill the hits are\n%+v, want\n%+v", gotHits, hits)
	}
	if fmt.Sprint(gotMeters) != fmt.Sprint(meters) || meters[day+" 0 data-centre"] != 2 || meters[day+" 0 kept"] != len(addresses) {
		t.Errorf("after a kill the meters are %v, want %v", gotMeters, meters)
	}
}

// A log's lines with host names are of their domains, and its lines of data centres add to
// the meter. Seen to fail when a line's hit does not add to it.
func TestNetworksOfALog(t *testing.T) {
	w, _ := locating(t)
	config := w.config(networked)
	config.Tables = tablesOf(t)
	l, err := collector.NewLog(config, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, field := range []string{"proxy1.pref.kyoto.lg.jp", "203.0.113.9", "198.51.100.7", "localhost"} {
		line := fmt.Sprintf("%s - - [%s] \"GET / HTTP/1.1\" 200 1 \"-\" %q\n", field, noon.Format("02/Jan/2006:15:04:05 -0700"), firefox)
		if _, err := l.Add([]byte(line)); err != nil {
			t.Fatal(err)
		}
	}
	l.Done(hit.DayOf(noon))
	hits, meters := w.drain()
	var got []string
	for _, h := range hits {
		got = append(got, h.Network.Name()+" "+h.Env.Unpack().Class.Code())
	}
	if want := []string{"kyoto.lg.jp lg.jp", " unknown", "example.ac.jp ac.jp"}; strings.Join(got, ", ") != strings.Join(want, ", ") {
		t.Errorf("the lines are of %q, want %q", got, want)
	}
	if meters[day+" 0 data-centre"] != 1 || meters[day+" 0 kept"] != 3 || meters[day+" 0 address"] != 1 {
		t.Errorf("meters %v, want 3 kept, one of them of a data centre, and one without an address", meters)
	}
}

// A region needs a file that has it; and no table is opened that no statistic asks for.
// Seen to fail when the built-in table is taken for one, and when tables are opened unasked.
func TestTablesAreAskedForByThePlan(t *testing.T) {
	for _, tt := range []struct {
		name  string
		files collector.Tables
		by    hit.Dimension
		want  string
	}{
		{"regions of the built-in table", collector.Tables{}, hit.ByRegion, "the built-in country table holds no prefectures"},
		{"regions of countries", collector.Tables{Countries: "COUNTRY"}, hit.ByRegion, `"GeoLite2-Country" holds no prefectures of Japan`},
		{"countries that nobody counts", collector.Tables{Countries: "none.mmdb"}, hit.ByPage, ""},
		{"classes by a file that is not there", collector.Tables{Countries: "none.mmdb"}, hit.ByNetworkClass, "none.mmdb"},
		{"domains that nobody counts", collector.Tables{Domains: "none.mmdb"}, hit.ByCountry, ""},
		{"networks by a file that is not there", collector.Tables{Domains: "none.mmdb"}, hit.ByNetwork, "none.mmdb"},
		{"numbers by a file that is not there", collector.Tables{Numbers: "none.mmdb"}, hit.ByPage, "none.mmdb"},
	} {
		if tt.files.Countries == "COUNTRY" {
			tt.files.Countries = filepath.Join(t.TempDir(), "country.mmdb")
			write(t, tt.files.Countries, database(t, "GeoLite2-Country", map[string]mmdbtype.Map{"198.51.100.0/24": {"country": mmdbtype.Map{"iso_code": mmdbtype.String("JP")}}}), 0)
		}
		err := collector.CheckTables(tt.files, hit.Plan{Computes: hit.Of(tt.by)})
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
	}
}
