package main

import (
	"bytes"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/maxmind/mmdbwriter"
	"github.com/maxmind/mmdbwriter/mmdbtype"

	"oboro/collector/internal/place"
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
	for cidr, code := range networks {
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
	table, err := place.Open(written(t, first.Bytes()))
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
	from, to := filepath.Join(folder, "from.mmdb"), filepath.Join(folder, "to.gz")
	for name, data := range map[string][]byte{
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

func written(t *testing.T, table []byte) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "table.mmdb")
	if err := os.WriteFile(path, table, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
