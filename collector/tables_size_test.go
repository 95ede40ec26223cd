package collector_test

import (
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"oboro/collector/hit"
	"oboro/collector/internal/agent"
	"oboro/collector/internal/bots"
	"oboro/collector/internal/network"
	"oboro/collector/internal/place"
	"oboro/collector/internal/source"
	"oboro/collector/internal/suffix"
)

// mostTables is what all data tables may take of the heap, together with all else that a
// process has that does nothing: of 64 MiB of memory that they may cost, the rest is for
// their text in the program.
const mostTables = 24 << 20

// The data tables, all in use, take little of the heap: countries, operators and classes of
// networks, suffixes, sources and spam, programs and their kinds, scanners' paths, browsers.
// A process of its own has them and nothing else. Those that are read from a list are read
// once, however many ask. Seen to fail when the country table keeps 32 MiB more, and when
// the lists of sources, or that of operators, are read anew each time.
func TestTablesAreSmall(t *testing.T) {
	if os.Getenv("OBORO_TEST_TABLES") != "" {
		table, err := place.Embedded()
		if err != nil {
			t.Fatal(err)
		}
		useTables(t, table)
		whole, once := heap()
		useTables(t, table)
		_, twice := heap()
		t.Logf("tables %d again %d", whole, twice-once)
		runtime.KeepAlive(table)
		return
	}
	child := exec.Command(os.Args[0], "-test.run=^TestTablesAreSmall$", "-test.v")
	child.Env = append(os.Environ(), "OBORO_TEST_TABLES=1")
	out, err := child.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	whole, again := numberIn(t, out, "tables "), numberIn(t, out, " again ")
	t.Logf("the heap of a process with all tables: %d KiB; in use once more they take %d bytes anew", whole>>10, again)
	if whole > mostTables {
		t.Errorf("with all tables the heap is %d bytes, want at most %d", whole, mostTables)
	}
	if again > 16<<10 {
		t.Errorf("all tables, used again, take %d bytes anew: one is loaded twice", again)
	}
}

// useTables asks each table something that it knows.
func useTables(t *testing.T, table *place.Table) {
	t.Helper()
	own := func(string) bool { return false }
	source.Of("https://www.google.com/", own)
	source.Of("https://1-99seo.com/", own)
	japan, _ := hit.ParseCountry("JP")
	domain, ok := network.Registrable("p1.tokyo.ocn.ne.jp")
	networks, err := network.New(network.Config{})
	for what, known := range map[string]bool{
		"a country":  table.Country(netip.MustParseAddr("133.11.0.1")) == japan,
		"a network":  ok && domain.Name() == "ocn.ne.jp",
		"an address": err == nil && networks.Of(netip.MustParseAddr("133.11.0.1"), "", japan).Domain == hit.Host{},
		"a class":    network.ClassOf(domain, japan) != network.ClassOf(hit.Host{}, japan),
		"a program":  bots.Is("Googlebot/2.1") && bots.Category("Googlebot/2.1") != hit.OtherRobot,
		"a scanner":  bots.Scanner("/.env", false),
		"a centre":   bots.DataCentre(16509),
		"a browser":  agent.Of(firefox).Browser == hit.Firefox,
	} {
		if !known {
			t.Errorf("%s is not known", what)
		}
	}
	if _, ok := suffix.Of("www.example.co.jp"); !ok {
		t.Error("a suffix is not known")
	}
}

// heap returns how many bytes are in use, and how many ever were.
func heap() (now, ever int) {
	runtime.GC()
	runtime.GC() // what the first one finalised
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc), int(m.TotalAlloc)
}

// numberIn returns the number behind a text.
func numberIn(t *testing.T, out []byte, before string) int {
	t.Helper()
	_, rest, found := strings.Cut(string(out), before)
	end := 0
	for end < len(rest) && (rest[end] == '-' || '0' <= rest[end] && rest[end] <= '9') {
		end++
	}
	n, err := strconv.Atoi(rest[:end])
	if !found || err != nil {
		t.Fatalf("no number behind %q: %s", before, out)
	}
	return n
}
