package main

import (
	"bytes"
	"maps"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/maxmind/mmdbwriter"
	"github.com/maxmind/mmdbwriter/mmdbtype"
	"github.com/oschwald/maxminddb-golang/v2"

	"oboro/collector/internal/place"
	"oboro/collector/internal/place/flat"
)

var built = time.Date(2026, 4, 1, 3, 4, 5, 0, time.UTC)

// source makes a database of the source's form.
func source(t *testing.T, key string, networks map[string]string) []byte {
	t.Helper()
	tree, err := mmdbwriter.New(mmdbwriter.Options{
		DatabaseType: "country ipvAll", BuildEpoch: built.Unix(), IncludeReservedNetworks: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, cidr := range slices.Sorted(maps.Keys(networks)) {
		code := networks[cidr]
		_, network, err := net.ParseCIDR(cidr)
		if err != nil {
			t.Fatal(err)
		}
		if err := tree.Insert(network, mmdbtype.Map{mmdbtype.String(key): mmdbtype.String(code)}); err != nil {
			t.Fatal(err)
		}
	}
	var data bytes.Buffer
	if _, err := tree.WriteTo(&data); err != nil {
		t.Fatal(err)
	}
	return data.Bytes()
}

// A table is written of what a source holds. Seen to fail when its date is another, and
// when a gap between two networks has the country before it.
func TestRebuild(t *testing.T) {
	data := source(t, "country_code", map[string]string{
		"1.0.16.0/20": "JP", "8.8.8.0/24": "US", "43.224.29.0/24": "AP", "2001:200::/32": "JP", "192.0.2.0/24": "US",
	})
	var first, second bytes.Buffer
	sum, err := rebuild(data, &first)
	if err != nil {
		t.Fatal(err)
	}
	if want := (tally{kept: 3, foreign: 1, reserved: 1, date: built}); sum != want {
		t.Errorf("rebuild counted %+v, want %+v", sum, want)
	}
	if _, err := rebuild(data, &second); err != nil || !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Errorf("a second rebuild of the same source gave other bytes (error %v)", err)
	}
	table, err := flat.Open(first.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string]string{
		"1.0.16.1": "JP", "8.8.8.8": "US", "2001:200::1": "JP", "43.224.29.1": "unknown", "192.0.2.1": "unknown",
	} {
		if got := table.Country(netip.MustParseAddr(address)).Code(); got != want {
			t.Errorf("the rebuilt table gives %s for %s, want %s", got, address, want)
		}
	}
	if !table.Date().Equal(built) {
		t.Errorf("the rebuilt table is of %s, want the source's %s", table.Date(), built)
	}
}

// TestUseless holds that a source of no use is an error and leaves the table in
// place as it was. Seen to fail when run opened the table before it rebuilt.
func TestUseless(t *testing.T) {
	folder := t.TempDir()
	from, to := filepath.Join(folder, "from.mmdb"), filepath.Join(folder, "to.flat")
	for name, data := range map[string][]byte{
		"too fine":     source(t, "country_code", map[string]string{"2400:cb00::/65": "US", "8.8.8.0/24": "US"}),
		"another form": source(t, "country", map[string]string{"8.8.8.0/24": "US"}),
		"no database":  []byte("no database"),
	} {
		if err := os.WriteFile(from, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, []byte("the table before"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := run(from, to); err == nil {
			t.Errorf("%s: run succeeded, want an error", name)
		}
		if kept, err := os.ReadFile(to); err != nil || string(kept) != "the table before" {
			t.Errorf("%s: run changed the table (%d bytes now, error %v)", name, len(kept), err)
		}
	}
}

// A flat table answers as the source of which it is made does when it is asked as a file
// of the operator, for networks of all sizes that begin and end beside each other, also
// where a /16 ends. Seen to fail when a /24 with two countries has the first one's, when
// what goes on into the next /16 or page is unknown there, and when what begins with one
// is left out.
func TestRebuiltAnswersAsItsSource(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	codes := []string{"JP", "US", "DE", "FR", "EU"}
	networks := map[string]string{}
	var edges []netip.Addr
	add := func(address netip.Addr, bits int) {
		p, _ := address.Prefix(bits)
		networks[p.String()] = codes[r.IntN(len(codes))]
		last := lastOf(p)
		edges = append(edges, p.Addr(), p.Addr().Prev(), last, last.Next())
	}
	for range 3000 { // crowded, so that they meet
		add(netip.AddrFrom4([4]byte{11, byte(r.IntN(4)), byte(r.IntN(256)), byte(r.IntN(256))}), 14+r.IntN(19))
		add(netip.AddrFrom16([16]byte{0x2a, byte(r.IntN(2)), byte(r.IntN(2)), byte(r.IntN(256)), 4: byte(r.IntN(256)), 7: byte(r.IntN(256))}), 15+r.IntN(50))
	}
	data := source(t, "country_code", networks)
	var out bytes.Buffer
	if _, err := rebuild(data, &out); err != nil {
		t.Fatal(err)
	}
	table, err := flat.Open(out.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "source.mmdb")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	tree, err := place.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]int{}
	for _, address := range edges {
		got, want := table.Country(address), tree.Country(address)
		if got != want {
			t.Fatalf("the table gives %s for %s, the source %s", got.Code(), address, want.Code())
		}
		found[got.Code()]++
	}
	if len(found) != len(codes) { // EU is unknown
		t.Errorf("found %v, too few to tell", found)
	}
}

// A table that answers other than its source is not written. Seen to fail when compare
// asks for nothing.
func TestCompare(t *testing.T) {
	reader, err := maxminddb.OpenBytes(source(t, "country_code", map[string]string{"11.0.16.0/20": "JP", "2400:cb00::/32": "JP"}))
	if err != nil {
		t.Fatal(err)
	}
	v4 := []flat.Range{{Start: 0}, {Start: 11<<24 | 16<<8, Code: "JP"}, {Start: 11<<24 | 32<<8}}
	v6 := []flat.Range{{Start: 0}, {Start: 0x2400cb00 << 32, Code: "JP"}, {Start: 0x2400cb01 << 32}}
	for name, tt := range map[string]struct {
		family []flat.Range
		i      int
		start  uint64
	}{
		"IPv4, from one later": {v4, 1, 11<<24 | 16<<8 + 1}, "IPv4, to one more": {v4, 2, 11<<24 | 32<<8 + 1}, "IPv4, from one before": {v4, 1, 11<<24 | 16<<8 - 1},
		"IPv6, from one later": {v6, 1, 0x2400cb00<<32 + 1}, "IPv6, to one less": {v6, 2, 0x2400cb01<<32 - 1},
	} {
		right := tt.family[tt.i].Start
		for start, good := range map[uint64]bool{right: true, tt.start: false} {
			tt.family[tt.i].Start = start
			table, err := flat.Ranges{Date: built, V4: v4, V6: v6}.Bytes()
			if err != nil {
				t.Fatal(err)
			}
			if err := compare(table, reader); (err == nil) != good {
				t.Errorf("%s: changed from %x to %x: %v", name, right, start, err)
			}
		}
		tt.family[tt.i].Start = right
	}
}
