package place_test

import (
	"bytes"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/maxmind/mmdbwriter"
	"github.com/maxmind/mmdbwriter/mmdbtype"

	"oboro/collector/hit"
	"oboro/collector/internal/place"
)

// TestEmbedded asks the built-in table about addresses of well-known operators.
// It is also the check of every refresh: npm's data are known to have had faults,
// and another source gave Australia for KDDI and WIDE.
func TestEmbedded(t *testing.T) {
	table, err := place.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	defer table.Close()
	tests := []struct{ name, address, want string }{
		{"OCN", "153.128.0.1", "JP"}, {"OCN, IPv6", "2400:4050::1", "JP"},
		{"KDDI", "106.128.1.1", "JP"}, {"KDDI, IPv6", "2001:268::1", "JP"},
		{"SoftBank", "126.0.0.1", "JP"}, {"SoftBank, IPv6", "2400:2410::1", "JP"},
		{"IIJ", "202.232.2.164", "JP"}, {"IIJ, IPv6", "2001:240::1", "JP"},
		{"WIDE", "203.178.137.58", "JP"}, {"WIDE, IPv6", "2001:200::1", "JP"},
		{"SINET", "150.99.1.1", "JP"}, {"SINET, IPv6", "2001:2f8::1", "JP"},
		{"Sakura", "59.106.1.1", "JP"}, {"Sakura, Ishikari", "133.242.0.1", "JP"},
		{"JPNE, IPv6", "240b:10::1", "JP"}, {"docomo", "49.98.1.1", "JP"},
		{"Google", "8.8.8.8", "US"}, {"Google, IPv6", "2001:4860:4860::8888", "US"},
		{"Google, IPv4 mapped into IPv6", "::ffff:8.8.8.8", "US"},
		{"RIPE NCC", "193.0.0.1", "NL"}, {"Korea Telecom", "168.126.63.1", "KR"},
		{"documentation", "192.0.2.1", hit.Unknown}, {"documentation, second", "198.51.100.1", hit.Unknown},
		{"documentation, third", "203.0.113.1", hit.Unknown}, {"documentation, IPv6", "2001:db8::1", hit.Unknown},
		{"private, 10/8", "10.0.0.1", hit.Unknown}, {"private, 172.16/12", "172.16.0.1", hit.Unknown},
		{"private, 192.168/16", "192.168.1.1", hit.Unknown}, {"private, IPv6", "fd00::1", hit.Unknown},
		{"shared by carriers", "100.64.0.1", hit.Unknown}, {"link-local with a zone", "fe80::1%eth0", hit.Unknown},
		{"loopback", "127.0.0.1", hit.Unknown}, {"loopback, IPv6", "::1", hit.Unknown},
		{"multicast", "224.0.0.1", hit.Unknown}, {"unspecified", "::", hit.Unknown},
	}
	for _, tt := range tests {
		if got := table.Country(netip.MustParseAddr(tt.address)).Code(); got != tt.want {
			t.Errorf("%s: the country of %s is %s, want %s", tt.name, tt.address, got, tt.want)
		}
	}
	if got := table.Country(netip.Addr{}); got != (hit.Country{}) {
		t.Errorf("the country of no address is %s, want unknown", got.Code())
	}
	if date := table.Date(); date.Before(time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)) || date.Location() != time.UTC {
		t.Errorf("the built-in table is of %s, want June 2026 or later, in UTC", date)
	}
}

// entry is one network of a test's database and its record.
type entry struct {
	network string
	record  mmdbtype.Map
}

func country(code string) mmdbtype.Map {
	return mmdbtype.Map{"country": mmdbtype.Map{"iso_code": mmdbtype.String(code)}}
}

var built = time.Date(2026, 4, 1, 3, 4, 5, 0, time.UTC)

// write writes a database of that type into a file of the test.
func write(t *testing.T, databaseType string, entries ...entry) string {
	t.Helper()
	return writeWith(t, mmdbwriter.Options{DatabaseType: databaseType}, entries...)
}

func writeWith(t *testing.T, options mmdbwriter.Options, entries ...entry) string {
	t.Helper()
	return writeSized(t, 24, options, entries...)
}

func writeSized(t *testing.T, size int, options mmdbwriter.Options, entries ...entry) string {
	t.Helper()
	options.RecordSize, options.BuildEpoch = size, built.Unix()
	options.Languages, options.IncludeReservedNetworks = []string{"en", "ja"}, true
	tree, err := mmdbwriter.New(options)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		_, network, err := net.ParseCIDR(e.network)
		if err != nil {
			t.Fatal(err)
		}
		if err := tree.Insert(network, e.record); err != nil {
			t.Fatal(err)
		}
	}
	var data bytes.Buffer
	if _, err := tree.WriteTo(&data); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "test.mmdb")
	if err := os.WriteFile(path, data.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestCountry looks up in a database of its own making, of each type that an
// operator may hand in.
func TestCountry(t *testing.T) {
	entries := []entry{
		{"203.0.113.0/25", country("JP")},
		{"2001:db8:1::/48", country("FR")},
		{"198.51.100.0/24", country("EU")},                                 // reserved by ISO, no country
		{"192.0.2.0/26", country("jp")},                                    // not the form of the standard
		{"192.0.2.64/26", country("Japan")},                                // no code
		{"192.0.2.128/26", country("")},                                    //
		{"192.0.2.192/26", mmdbtype.Map{"country": mmdbtype.String("JP")}}, // no record of a country
		{"10.0.0.0/8", mmdbtype.Map{}},
	}
	tests := []struct{ name, address, want string }{
		{"inside a network", "203.0.113.127", "JP"},
		{"beside a network", "203.0.113.128", "unknown"},
		{"inside a network, mapped", "::ffff:203.0.113.1", "JP"},
		{"inside a network of IPv6", "2001:db8:1::9", "FR"},
		{"inside a network of IPv6, with a zone", "2001:db8:1::9%eth0", "FR"},
		{"beside a network of IPv6", "2001:db8:2::9", "unknown"},
		{"code of no country", "198.51.100.1", "unknown"},
		{"code in lower case", "192.0.2.1", "unknown"},
		{"name for a code", "192.0.2.65", "unknown"},
		{"empty code", "192.0.2.129", "unknown"},
		{"record of another form", "192.0.2.193", "unknown"},
		{"record without a country", "10.1.2.3", "unknown"},
	}
	for _, kind := range []string{"GeoLite2-Country", "GeoIP2-Country", "DBIP-Country-Lite", "GeoLite2-City", "GeoIP2-Enterprise"} {
		table, err := place.Open(write(t, kind, entries...))
		if err != nil {
			t.Fatalf("Open of a %s database: %v", kind, err)
		}
		for _, tt := range tests {
			if got := table.Country(netip.MustParseAddr(tt.address)).Code(); got != tt.want {
				t.Errorf("%s, %s: the country of %s is %s, want %s", kind, tt.name, tt.address, got, tt.want)
			}
		}
		if !table.Date().Equal(built) {
			t.Errorf("%s: Date() = %s, want %s", kind, table.Date(), built)
		}
		if err := table.Close(); err != nil {
			t.Errorf("%s: Close: %v", kind, err)
		}
	}
}

// TestMapped holds that an address and its form mapped into IPv6 have one country
// even in tables that have no alias for the mapped form. Seen to fail when Country
// did not unmap.
func TestMapped(t *testing.T) {
	jp := entry{"203.0.113.0/24", country("JP")}
	tests := []struct {
		name    string
		options mmdbwriter.Options
	}{
		{"table of IPv4 alone", mmdbwriter.Options{IPVersion: 4}},
		{"table without aliases", mmdbwriter.Options{DisableIPv4Aliasing: true}},
	}
	for _, tt := range tests {
		tt.options.DatabaseType = "GeoLite2-Country"
		table, err := place.Open(writeWith(t, tt.options, jp))
		if err != nil {
			t.Fatal(err)
		}
		for _, address := range []string{"203.0.113.1", "::ffff:203.0.113.1"} {
			if got := table.Country(netip.MustParseAddr(address)).Code(); got != "JP" {
				t.Errorf("%s: the country of %s is %s, want JP", tt.name, address, got)
			}
		}
		if got := table.Country(netip.MustParseAddr("2001:db8::1")).Code(); got != hit.Unknown {
			t.Errorf("%s: an address of IPv6 is in %s, want unknown", tt.name, got)
		}
	}
}

// TestOpenRefuses holds that a file which cannot give countries stops the start,
// rather than making every visitor's country unknown. Seen to fail when find
// returns the first path where none is useful, and when a code of no country is taken
// for one there.
func TestOpenRefuses(t *testing.T) {
	garbage := filepath.Join(t.TempDir(), "garbage.mmdb")
	if err := os.WriteFile(garbage, []byte("no database"), 0o600); err != nil {
		t.Fatal(err)
	}
	tokyo := entry{"203.0.113.0/24", mmdbtype.Map{"city": mmdbtype.String("Tokyo"), "country_code": mmdbtype.String("Japan")}}
	asn := entry{"203.0.113.0/24", mmdbtype.Map{"autonomous_system_number": mmdbtype.Uint32(64496)}}
	tests := []struct{ name, path, want string }{
		{"flat file of something else", write(t, "city ipvAll", tokyo), `type "city ipvAll" holds no countries; use GeoLite2`},
		{"known type whose records hold no country", write(t, "GeoLite2-Country", tokyo), `type "GeoLite2-Country" holds no countries`},
		{"networks without countries", write(t, "GeoLite2-ASN", asn), `type "GeoLite2-ASN" holds no countries`},
		{"domains without countries", write(t, "GeoIP2-Domain", asn), `type "GeoIP2-Domain" holds no countries`},
		{"no database", garbage, "read the country table: " + garbage},
		{"no file", filepath.Join(t.TempDir(), "absent.mmdb"), "read the country table: stat "},
	}
	for _, tt := range tests {
		table, err := place.Open(tt.path)
		if err == nil {
			t.Errorf("%s: Open succeeded, want an error", tt.name)
			continue
		}
		if table != nil {
			t.Errorf("%s: Open returned a table beside its error", tt.name)
		}
		if !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: the error is %q, want one with %q", tt.name, err, tt.want)
		}
	}
}

// TestReplaced holds that a table goes on answering when its file is cut short, as
// a careless update does. Seen to fail, with a bus error, when Open mapped the file.
func TestReplaced(t *testing.T) {
	path := write(t, "GeoLite2-Country", entry{"203.0.113.0/24", country("JP")})
	table, err := place.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer table.Close()
	if err := os.Truncate(path, 0); err != nil {
		t.Fatal(err)
	}
	if got := table.Country(netip.MustParseAddr("203.0.113.1")).Code(); got != "JP" {
		t.Errorf("after its file was cut, the table answers %s, want JP", got)
	}
}
