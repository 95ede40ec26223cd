package mmdb_test

import (
	"bytes"
	"errors"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/maxmind/mmdbwriter"
	"github.com/maxmind/mmdbwriter/mmdbtype"
	"github.com/oschwald/maxminddb-golang/v2"

	"oboro/collector/internal/mmdb"
)

// A text is what the tests make of a file: what stands in it, twice, so that halves of
// two would show.
type text struct{ first, second string }

var errBad = errors.New("it is bad")

func open(data []byte) (*text, error) {
	if strings.HasPrefix(string(data), "bad") {
		return nil, errBad
	}
	return &text{string(data), string(data)}, nil
}

// A place is where a test's file is, whose clock goes on with each write.
type place struct {
	t    *testing.T
	path string
	at   time.Time
}

func newPlace(t *testing.T, text string) *place {
	p := &place{t, filepath.Join(t.TempDir(), "file"), time.Unix(1_790_000_000, 0)}
	p.write(text)
	return p
}

func (p *place) write(text string) {
	p.t.Helper()
	p.at = p.at.Add(time.Second)
	if err := os.WriteFile(p.path, []byte(text), 0o600); err != nil {
		p.t.Fatal(err)
	}
	if err := os.Chtimes(p.path, p.at, p.at); err != nil {
		p.t.Fatal(err)
	}
}

// replace puts another file of the same size and time in the file's place.
func (p *place) replace(text string) {
	p.t.Helper()
	other := &place{p.t, p.path + ".new", p.at.Add(-time.Second)}
	other.write(text)
	if err := os.Rename(other.path, p.path); err != nil {
		p.t.Fatal(err)
	}
}

func (p *place) remove() {
	p.t.Helper()
	if err := os.Remove(p.path); err != nil {
		p.t.Fatal(err)
	}
}

// A file that changed is read once it has come to rest; one that is of no use is refused
// once, and what was in use stays. Seen to fail when Look reads a file at the first look
// that sees it, when it does not compare sizes, times or the file itself, when a file
// that was refused is tried again at each look, when it is put in use, when
// one that is refused is not noted, and when that is forgotten at the next look.
func TestLook(t *testing.T) {
	p := newPlace(t, "one")
	f, err := mmdb.New(p.path, open)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name    string
		before  func()
		renewed bool
		want    string
		err     error
		refused bool
	}{
		{"as it was", func() {}, false, "one", nil, false},
		{"changed, at the first look", func() { p.write("two") }, false, "one", nil, false},
		{"changed, at rest", func() {}, true, "two", nil, false},
		{"as it was again", func() {}, false, "two", nil, false},
		{"being written, first part", func() { p.write("t") }, false, "two", nil, false},
		{"being written, second part", func() { p.write("th") }, false, "two", nil, false},
		{"written", func() { p.write("three") }, false, "two", nil, false},
		{"written, at rest", func() {}, true, "three", nil, false},
		{"another file of the same size and time", func() { p.replace("THREE") }, false, "three", nil, false},
		{"another file, at rest", func() {}, true, "THREE", nil, false},
		{"bad, at the first look", func() { p.write("bad") }, false, "THREE", nil, false},
		{"bad, at rest", func() {}, false, "THREE", errBad, true},
		{"bad as before", func() {}, false, "THREE", nil, true},
		{"gone", p.remove, false, "THREE", os.ErrNotExist, true},
		{"still gone", func() {}, false, "THREE", os.ErrNotExist, true},
		{"back, at the first look", func() { p.write("four") }, false, "THREE", nil, true},
		{"back, at rest", func() {}, true, "four", nil, false},
	} {
		tt.before()
		renewed, err := f.Look()
		if got := f.Current().first; renewed != tt.renewed || got != tt.want || !errors.Is(err, tt.err) {
			t.Errorf("%s: renewed %v, %q, %v, want %v, %q, %v", tt.name, renewed, got, err, tt.renewed, tt.want, tt.err)
		}
		if f.Refused() != tt.refused {
			t.Errorf("%s: refused %v, want %v", tt.name, f.Refused(), tt.refused)
		}
		if err != nil && !strings.Contains(err.Error(), p.path) {
			t.Errorf("%s: the error %q does not say which file", tt.name, err)
		}
	}
}

// An operator who asks is answered at once, and by an error each time. Seen to fail when
// Reload leaves a file alone that has not changed, and when it puts a bad one in use.
func TestReload(t *testing.T) {
	p := newPlace(t, "one")
	f, err := mmdb.New(p.path, open)
	if err != nil {
		t.Fatal(err)
	}
	before := f.Current()
	if err := f.Reload(); err != nil || f.Current() == before {
		t.Errorf("an unchanged file is not read again: %v", err)
	}
	p.write("bad")
	for range 2 {
		if err := f.Reload(); !errors.Is(err, errBad) || f.Current().first != "one" {
			t.Errorf("of a bad file: %v, and %q in use, want its error and what was", err, f.Current().first)
		}
	}
	if renewed, err := f.Look(); renewed || err != nil {
		t.Errorf("what was refused is looked at again: %v, %v", renewed, err)
	}
	p.write("two")
	if err := f.Reload(); err != nil || f.Current().first != "two" {
		t.Errorf("a good file: %v, and %q in use", err, f.Current().first)
	}
}

// What is no file is refused, and not waited for. Seen to fail when a pipe is opened,
// which nobody writes, and when a file of more than 1 GiB is read.
func TestNoFiles(t *testing.T) {
	folder := t.TempDir()
	pipe, large := filepath.Join(folder, "pipe"), filepath.Join(folder, "large")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Skip("no pipe can be made here: ", err)
	}
	if err := os.WriteFile(large, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(large, 1<<30+1); err != nil { // a hole
		t.Fatal(err)
	}
	for _, path := range []string{folder, pipe, large, filepath.Join(folder, "absent")} {
		if f, err := mmdb.New(path, open); err == nil || f != nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s is taken for a file, or its error does not name it: %v", path, err)
		}
	}
}

// Whoever looks while the file is replaced finds one or the other, whole. Seen to fail
// under -race when current is a plain field.
func TestReplacedUnderReaders(t *testing.T) {
	p := newPlace(t, "one")
	f, err := mmdb.New(p.path, open)
	if err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	var group sync.WaitGroup
	for range 2 {
		group.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					if got := f.Current(); got.first != got.second || got.first != "one" && got.first != "two" {
						t.Errorf("found %q and %q", got.first, got.second)
						return
					}
				}
			}
		})
	}
	for i := range 200 {
		p.replace([]string{"two", "one"}[i%2])
		if err := f.Reload(); err != nil {
			t.Error(err)
		}
		if _, err := f.Look(); err != nil {
			t.Error(err)
		}
	}
	close(stop)
	group.Wait()
}

func database(t testing.TB, databaseType string, networks map[string]mmdbtype.DataType) []byte {
	t.Helper()
	tree, err := mmdbwriter.New(mmdbwriter.Options{DatabaseType: databaseType, RecordSize: 24, BuildEpoch: 1_790_000_000,
		IncludeReservedNetworks: true})
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

var want = mmdb.Want{
	What: "words", Use: "a file of words", Paths: []mmdb.Path{{"deep", "word"}, {"word"}},
	Useful: func(record maxminddb.Result, path mmdb.Path) bool {
		var word string
		return record.DecodePath(&word, path...) == nil && word != ""
	},
}

// Seen to fail when known takes the error of an unknown type for a fault, and when find
// takes the first path though nothing stands there.
func TestOpenFindsThePath(t *testing.T) {
	word := mmdbtype.Map{"word": mmdbtype.String("x")}
	for name, tt := range map[string]struct {
		record mmdbtype.DataType
		path   string
	}{"flat": {word, "word"}, "deep": {mmdbtype.Map{"deep": word}, "deep"}} {
		db, err := mmdb.Open(database(t, "words of nobody", map[string]mmdbtype.DataType{"192.0.2.0/24": mmdbtype.Map{}, "203.0.113.0/24": tt.record}), want)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if db.Path[0] != tt.path || db.Verify() != nil || db.About().Type != "words of nobody" || db.About().Date.Unix() != 1_790_000_000 {
			t.Errorf("%s: the path is %v, verified %v, about %v", name, db.Path, db.Verify(), db.About())
		}
	}
}

// A file that is cut anywhere, or of which one half is another's, is refused. Seen to
// fail when Verify does nothing.
func TestDamagedFilesAreRefused(t *testing.T) {
	records := map[string]mmdbtype.DataType{}
	for i := range 200 {
		records[netip.AddrFrom4([4]byte{192, 0, byte(i), 0}).String()+"/24"] = mmdbtype.Map{"word": mmdbtype.String(strings.Repeat("x", i+1))}
	}
	whole := database(t, "words", records)
	delete(records, "192.0.100.0/24")
	delete(records, "192.0.7.0/24")
	other := database(t, "words", records)
	check := func(data []byte) error {
		db, err := mmdb.Open(data, want)
		if err != nil {
			return err
		}
		return db.Verify()
	}
	if err := check(whole); err != nil {
		t.Fatal(err)
	}
	for n := 0; n < len(whole)-1; n += 1 + n/50 {
		if check(whole[:n]) == nil {
			t.Errorf("cut to %d of %d bytes it is taken", n, len(whole))
		}
	}
	for part := 1; part < 8; part++ {
		at := len(other) * part / 8
		if mixed := append(bytes.Clone(other[:at]), whole[at:]...); check(mixed) == nil {
			t.Errorf("new up to byte %d and old behind, it is taken", at)
		}
	}
	for name, data := range map[string][]byte{"nothing": nil, "words": []byte("no database"), "zeros": make([]byte, 5000)} {
		if check(data) == nil {
			t.Errorf("%s are taken", name)
		}
	}
	long := database(t, strings.Repeat("long", 1000), map[string]mmdbtype.DataType{"192.0.2.0/24": mmdbtype.Map{}})
	if err := check(long); err == nil || len(err.Error()) > 300 {
		t.Errorf("the error of a file that has no words is %.400v, want a short one", err)
	}
}

// Seen to fail at /23 and /49, and when mapped addresses are cut as IPv6.
func TestTruncated(t *testing.T) {
	for address, want := range map[string]string{
		"203.0.113.255": "203.0.113.0", "::ffff:203.0.113.9": "203.0.113.0", "2001:db8:1:ffff::9": "2001:db8:1::", "2001:db8::1%eth0": "2001:db8::",
	} {
		if got := mmdb.Truncated(netip.MustParseAddr(address)); got.String() != want {
			t.Errorf("Truncated(%s) = %s, want %s", address, got, want)
		}
	}
	if got := mmdb.Truncated(netip.Addr{}); got.IsValid() {
		t.Errorf("of no address there is %s", got)
	}
}
