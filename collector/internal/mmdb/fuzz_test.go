package mmdb_test

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/maxmind/mmdbwriter/mmdbtype"

	"oboro/collector/internal/mmdb"
)

// FuzzOpen holds that a file, whatever is in it, is refused or can be looked up in, and that
// its error is short. Seen to fail when types are told whole.
func FuzzOpen(f *testing.F) {
	for _, kind := range []string{"words", "GeoLite2-City", strings.Repeat("long", 1000)} {
		f.Add(database(f, kind, map[string]mmdbtype.DataType{
			"192.0.2.0/24":  mmdbtype.Map{"word": mmdbtype.String("a"), "list": mmdbtype.Slice{mmdbtype.String("b")}},
			"2001:db8::/32": mmdbtype.Map{"word": mmdbtype.String("c")},
		}))
	}
	f.Add([]byte("\xab\xcd\xefMaxMind.com"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 64<<10 {
			return
		}
		db, err := mmdb.Open(data, want)
		if err != nil {
			if len(err.Error()) > 2000 {
				t.Errorf("the error has %d bytes", len(err.Error()))
			}
			return
		}
		if db.Verify() != nil {
			return // nor is it used
		}
		for _, address := range []string{"192.0.2.1", "2001:db8::1", "::", "255.255.255.255"} {
			var word any
			db.Reader.Lookup(netip.MustParseAddr(address)).Decode(&word)
		}
		if about := db.About(); len(about.Type) > 100 {
			t.Errorf("the type has %d bytes", len(about.Type))
		}
	})
}
