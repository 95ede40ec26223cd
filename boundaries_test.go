package oboro_test

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

const module = "oboro"

// allowed lists, for each tree, the only trees of this module that it may import.
// The longest key at or above a folder is the one that counts, on both sides: who
// may import "aggregator/store" may not, by that, import "aggregator/store/sqlite".
// Tests are not read; internal/testkit is for them alone.
var allowed = map[string][]string{
	"internal/ramlog":      {},                                                                               // bytes only
	"internal/tree":        {},                                                                               // bytes only
	"internal/audit":       {"internal/tree"},                                                                // it is handed no table, so no figure can get into the trail
	"internal/attack":      {},                                                                               // numbers alone; its tests attack all zones
	"internal/bench":       {},                                                                               // writes the input of the benchmarks
	"internal/cluster":     {"aggregator/store/clickhouse/clicktest", "internal/loopback", "cmd/oboro/demo"}, // starts servers, the program and its visitors
	"internal/loopback":    {},                                                                               // starts programs
	"internal/testkit":     {},
	"internal/prefetch":    {}, // it looks at nothing
	"collector/hit":        {},
	"collector/beacon":     {},
	"collector/internal":   {"collector/internal", "collector/hit", "internal/prefetch", "internal/ramlog"},
	"collector":            {"collector", "collector/hit", "collector/beacon", "collector/internal", "internal/prefetch", "internal/ramlog"},
	"aggregator/noise":     {},
	"aggregator/ledger":    {"aggregator/noise"},
	"aggregator/statistic": {"collector/hit"}, // it makes the hit.Plan
	"aggregator/release":   {"aggregator/statistic", "collector/hit", "internal/tree"},
	"aggregator/store":     {"aggregator/store", "aggregator/statistic"},
	"aggregator/store/sqlite": {
		"aggregator/store", "aggregator/statistic",
	},
	"aggregator/store/clickhouse": {
		"aggregator/store", "aggregator/statistic",
	},
	"aggregator/store/clickhouse/clicktest": {"internal/loopback"}, // starts servers, for tests and make cluster
	"aggregator/tally":                      {"aggregator/statistic", "aggregator/store", "collector/hit", "internal/prefetch", "internal/ramlog"},
	"aggregator/seal":                       {"aggregator/ledger", "aggregator/noise", "aggregator/seal/attack", "aggregator/statistic", "aggregator/store"},

	"aggregator/seal/attack": {}, // numbers alone
	"aggregator": {
		"aggregator/ledger", "aggregator/release", "aggregator/seal", "aggregator/statistic", "aggregator/store",
		"aggregator/tally", "collector/hit", "internal/ramlog",
	},
	"dashboards":     {"dashboards", "aggregator/release", "aggregator/statistic", "internal/audit"}, // never a store, never a hit
	"cmd/oboro/demo": {},                                                                             // visitors and a site, for the program and for make cluster
	"cmd": {
		"cmd", "cmd/oboro/demo", "collector", "collector/hit", "collector/beacon", "aggregator", "aggregator/ledger", "aggregator/noise",
		"aggregator/release", "aggregator/seal", "aggregator/statistic", "aggregator/store", "aggregator/store/clickhouse",
		"aggregator/store/sqlite", "aggregator/tally", "dashboards", "internal/audit", "internal/ramlog",
	},
}

// A rule says where a package, and what lies below it, may be imported.
type rule struct {
	in     []string // trees that may; "" is everywhere
	not    []string // trees below these that may not
	reason string
}

// rules are for packages from elsewhere. The longest key at or above the import
// counts. One that is not of the standard library needs a line here.
var rules = map[string]rule{
	"modernc.org/sqlite":                   {in: []string{"aggregator/store/sqlite"}, reason: "one store, one driver"},
	"github.com/ClickHouse/clickhouse-go":  {in: []string{"aggregator/store/clickhouse"}, reason: "the other store, its driver"},
	"database/sql":                         {in: []string{"aggregator/store"}, reason: "SQL stays in the stores"},
	"github.com/valyala/fasthttp":          {in: []string{"collector"}, not: []string{"collector/hit", "collector/beacon"}, reason: "requests of visitors are the collector's"},
	"net/http":                             {in: []string{"dashboards", "cmd", "internal/bench", "internal/cluster", "aggregator/store/clickhouse/clicktest"}, reason: "it logs addresses; visitors are served by fasthttp"},
	"github.com/oschwald/geoip2-golang":    {in: []string{"collector/internal/mmdb"}, reason: "files of networks are opened in one place"},
	"github.com/oschwald/maxminddb-golang": {in: []string{"collector/internal/mmdb", "collector/internal/place", "collector/internal/network"}, reason: "places and networks are made of addresses"},
	"golang.org/x/net/publicsuffix":        {in: []string{"collector/internal/suffix", "collector/internal/source/generate"}, reason: "host names are cut in one place; the generator cuts names of its lists"},
	"net":                                  {in: []string{"collector", "cmd", "internal/bench", "internal/cluster", "internal/loopback", "dashboards", "aggregator/store/sqlite", "aggregator/store/clickhouse"}, not: []string{"collector/hit", "collector/beacon", "collector/internal"}, reason: "what sees a person sends nothing: the resolver alone asks a server, on loopback"},
	"github.com/klauspost/compress":        {in: []string{"collector/internal/place", "cmd"}, reason: "it unpacks the built-in table, and logs"},
	"github.com/google/pprof":              {in: []string{"internal/bench"}, reason: "it merges profiles, ahead of time"},
	"github.com/maxmind/mmdbwriter":        {in: []string{"collector/internal/place/generate"}, reason: "it orders the networks of the built-in table, ahead of time"},
	"net/netip":                            {in: []string{"collector", "cmd", "internal/bench"}, not: []string{"collector/hit", "collector/beacon"}, reason: "addresses end in the collector; cmd checks where it listens"},
	"math/rand":                            {in: []string{"aggregator", "cmd/oboro/demo", "internal/bench"}, not: []string{"aggregator/noise", "aggregator/ledger", "aggregator/seal", "aggregator/release"}, reason: "what can be foretold draws no noise and makes no key"},
	"github.com/prometheus/client_golang":  {in: []string{"cmd"}, reason: "metrics are the wiring's"},
	"github.com/alecthomas/kong":           {in: []string{"cmd"}, reason: "the command line is the wiring's"},
	"github.com/goccy/go-yaml":             {in: []string{"aggregator/statistic", "cmd", "collector/internal/source/generate"}, reason: "the catalogue and the configuration, both of the operator; lists of services, ahead of time"},
	"encoding/json":                        {in: []string{""}, not: []string{"collector/internal", "collector/hit"}, reason: "its errors tell of the input, and it keeps no views"},
	"fmt":                                  {in: []string{""}, not: []string{"collector/internal/intake", "collector/internal/agent", "collector/internal/bots", "collector/internal/logline", "collector/internal/page", "collector/internal/source", "collector/internal/network"}, reason: "where raw values are, nothing is formatted"},
	"errors":                               {in: []string{""}, not: []string{"collector/internal/intake", "collector/internal/agent", "collector/internal/bots", "collector/internal/logline", "collector/internal/page", "collector/internal/source", "collector/internal/network"}, reason: "where raw values are, an outcome is said in a word"},
	"log":                                  {in: []string{"cmd", "collector/internal/place/generate", "collector/internal/agent/score", "collector/internal/source/generate"}, reason: "no logger but slog, and that one is handed over"},
	"log/slog":                             {in: []string{"aggregator", "dashboards", "cmd"}, reason: "the collector writes no line, at any level"},
	"runtime/secret":                       {in: []string{"collector/internal/visitors", "internal/ramlog"}, reason: "it is for what holds a key, and an experiment"},
	"unsafe":                               {in: []string{"collector/hit", "collector/internal/intake", "internal/prefetch", "internal/ramlog"}, reason: "memory that is asked for ahead; where the text of a page stands; views of request buffers; words shared through mapped memory"},
	"os":                                   {in: []string{""}, not: []string{"collector"}, reason: "no file, no environment and no standard error near raw values"},
	"golang.org/x/text":                    {in: []string{"collector/internal/page", "collector/internal/source", "dashboards/i18n"}, reason: "normal forms; language names"},
	"golang.org/x/mod/sumdb":               {in: []string{"aggregator/ledger", "aggregator/release", "dashboards/public", "internal/audit", "internal/tree"}, reason: "signed notes and logs"},
	"github.com/parquet-go/parquet-go":     {in: []string{"aggregator/release"}, reason: "tables that were published, as columns"},
	"aead.dev/minisign":                    {in: []string{"aggregator/release"}, reason: "signatures that a tool of somebody else confirms"},
	"golang.org/x/sys":                     {in: []string{"aggregator/ledger", "dashboards/public", "internal/ramlog", "cmd"}, reason: "locks, RAM file systems, terminals, many files put on the disk at once"},
	"golang.org/x/sync":                    {in: []string{"cmd"}, reason: "the parts of the program end together"},
	"github.com/chromedp/chromedp":         {in: []string{"internal/testkit"}, reason: "a browser for tests"},
	"C":                                    {reason: "the program is built without cgo"},
	"plugin":                               {reason: "nothing is loaded while it runs"},
	"github.com/stretchr/testify":          {reason: "the standard library tests well"},
	"expvar":                               {reason: "it publishes by being imported"},
	"net/http/pprof":                       {reason: "it publishes by being imported"},
}

// exempt are single folders that a rule does not bind, and why.
var exempt = map[string]string{
	"collector/internal/mmdb os":            "reads the operator's files of networks; it is handed no address",
	"collector/internal/place/generate os":  "a program that is run ahead of time",
	"collector/internal/place/generate net": "as above",
	"collector/internal/intake net":         "the types of addresses that the server hands over",
	"collector/internal/network net":        "the resolver on loopback, which the operator must ask for: promise 1's exception",
	"collector/internal/agent/score os":     "a program that reads public fixtures, and no visitor's",
	"collector/internal/agent/score fmt":    "as above",

	"collector/internal/source/generate os":     "a program that is run ahead of time",
	"collector/internal/source/generate fmt":    "as above: it reads lists, and no request",
	"collector/internal/source/generate errors": "as above",

	"collector/internal/bots/generate os":            "a program that is run ahead of time",
	"collector/internal/bots/generate os/exec":       "as above: it asks npm for them",
	"collector/internal/bots/generate fmt":           "as above: it reads packages, and nothing of a visitor",
	"collector/internal/bots/generate errors":        "as above",
	"collector/internal/bots/generate log":           "as above",
	"collector/internal/bots/generate encoding/json": "as above",
}

// Arrows run one way, as the table draws them. Seen to fail on an import of
// oboro/aggregator/store in dashboards/chart behind "//go:build plan9", on a new
// folder services/, and on math/rand in aggregator/noise.
func TestBoundaries(t *testing.T) {
	found, read, err := trespasses(os.DirFS("."))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		t.Error(f)
	}
	if read < 50 {
		t.Errorf("only %d files were read", read)
	}
	for tree := range allowed {
		if info, err := os.Stat(tree); err != nil || !info.IsDir() {
			t.Errorf("the tree %s is not there any more: take it out of the table", tree)
		}
	}
}

func TestBoundariesAreSeen(t *testing.T) {
	file := func(pkg, imports string) *fstest.MapFile {
		return &fstest.MapFile{Data: []byte("//go:build plan9 && ignore\n\npackage " + pkg + "\n" + imports)}
	}
	for _, tt := range []struct {
		name, path, imports, want string
	}{
		{"a store in a dashboard, behind a build tag", "dashboards/chart/x.go", `import _ "oboro/aggregator/store"`, "dashboards/chart imports oboro/aggregator/store"},
		{"a hit in a dashboard", "dashboards/x.go", `import h "oboro/collector/hit"`, "dashboards imports oboro/collector/hit"},
		{"the catalogue in the collector", "collector/x.go", `import "oboro/aggregator/statistic"`, "collector imports oboro/aggregator/statistic"},
		{"the collector in the aggregator", "aggregator/tally/x.go", `import "oboro/collector"`, "aggregator/tally imports oboro/collector"},
		{"a driver by who may import the store", "aggregator/seal/x.go", `import "oboro/aggregator/store/sqlite"`, "aggregator/seal imports oboro/aggregator/store/sqlite"},
		{"the test kit in the program", "cmd/oboro/x.go", `import "oboro/internal/testkit"`, "cmd/oboro imports oboro/internal/testkit"},
		{"the root", "cmd/oboro/x.go", `import "oboro"`, "cmd/oboro imports oboro"},
		{"code in the root", "x.go", `import "fmt"`, ". stands in no tree"},
		{"a folder in no tree", "services/deep/x.go", ``, "services/deep stands in no tree"},
		{"a folder whose name begins as a tree's does", "collectors/x.go", ``, "collectors stands in no tree"},
		{"weak noise", "aggregator/noise/x.go", `import "math/rand/v2"`, "aggregator/noise imports math/rand/v2"},
		{"JSON in intake", "collector/internal/intake/x.go", `import "encoding/json"`, "collector/internal/intake imports encoding/json"},
		{"formatting in intake", "collector/internal/intake/x.go", `import "fmt"`, "collector/internal/intake imports fmt"},
		{"a web server in the collector", "collector/x.go", `import "net/http/httptest"`, "collector imports net/http/httptest"},
		{"a connection in a table of places", "collector/internal/place/x.go", `import "net"`, "collector/internal/place imports net"},
		{"a resolver in a parser", "collector/internal/page/x.go", `import "net"`, "collector/internal/page imports net"},
		{"a file in the resolver", "collector/internal/network/x.go", `import "os"`, "collector/internal/network imports os"},
		{"formatting in the resolver", "collector/internal/network/x.go", `import "fmt"`, "collector/internal/network imports fmt"},
		{"a log in the collector", "collector/internal/visitors/x.go", `import "log/slog"`, "collector/internal/visitors imports log/slog"},
		{"metrics outside of cmd", "aggregator/x.go", `import "github.com/prometheus/client_golang/prometheus"`, "aggregator imports github.com/prometheus"},
		{"a module that nobody declared", "cmd/oboro/x.go", `import "example.com/thing"`, "cmd/oboro imports example.com/thing"},
		{"cgo", "cmd/oboro/x.go", `import "C"`, "cmd/oboro imports C"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			found, _, err := trespasses(fstest.MapFS{tt.path: file("x", tt.imports)})
			if err != nil || len(found) != 1 || !strings.Contains(found[0], tt.want) {
				t.Errorf("found %q, %v, want %q", found, err, tt.want)
			}
		})
	}
	found, read, err := trespasses(fstest.MapFS{
		"doc.go":                             file("oboro", ""),
		"dashboards/team/x.go":               file("team", "import (\n\t\"net/http\"\n\t\"oboro/aggregator/release\"\n\t\"oboro/dashboards/chart\"\n)"),
		"collector/internal/place/x.go":      file("place", `import "github.com/oschwald/maxminddb-golang/v2"`),
		"cmd/oboro/x_test.go":                file("main", `import "oboro/internal/testkit"`),
		".ci/tool.go":                        file("main", `import "example.com/thing"`),
		"aggregator/testdata/planted/bad.go": file("x", `import "oboro/collector"`),
	})
	if err != nil || len(found) != 0 || read != 3 {
		t.Errorf("of a tree as it should be: found %q, %v, in %d files, want none in 3", found, err, read)
	}
}

// trespasses returns what imports what it must not, or stands where nothing
// should, and how many files it read. It reads every file, whatever its build tags.
func trespasses(tree fs.FS) (found []string, read int, err error) {
	homeless := map[string]bool{}
	err = walk(tree, func(name string, source []byte) error {
		folder := path.Dir(name)
		if name == "doc.go" && !strings.Contains(string(source), "\nimport") {
			read++
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, source, parser.ImportsOnly)
		if err != nil {
			return err
		}
		read++
		home := longest(folder, allowed)
		if home == "" {
			if !homeless[folder] {
				found = append(found, folder+" stands in no tree: draw it in the table, with a reason")
			}
			homeless[folder] = true
			return nil
		}
		for _, i := range file.Imports {
			what, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				return err
			}
			if why := refused(folder, home, what); why != "" {
				found = append(found, fmt.Sprintf("%s: %s imports %s: %s", name, folder, what, why))
			}
		}
		return nil
	})
	return found, read, err
}

// refused says why a folder of the tree home must not import what, or nothing.
func refused(folder, home, what string) string {
	if what == module || strings.HasPrefix(what, module+"/") {
		target := longest(strings.TrimPrefix(what, module+"/"), allowed)
		if target == "" || !slices.Contains(allowed[home], target) {
			return "the table draws no arrow from " + home
		}
		return ""
	}
	r, ok := rules[longest(what, rules)]
	first, _, _ := strings.Cut(what, "/")
	switch {
	case !ok && strings.Contains(first, "."):
		return "no rule lets this module in"
	case !ok || exempt[folder+" "+what] != "":
		return ""
	case !slices.ContainsFunc(r.in, within(folder)), slices.ContainsFunc(r.not, within(folder)):
		return r.reason
	}
	return ""
}

func within(folder string) func(tree string) bool {
	return func(tree string) bool {
		return tree == "" || folder == tree || strings.HasPrefix(folder, tree+"/")
	}
}

// longest returns the longest key of table at or above name.
func longest[V any](name string, table map[string]V) string {
	for ; name != "." && name != "/"; name = path.Dir(name) {
		if _, ok := table[name]; ok {
			return name
		}
	}
	return ""
}

// walk calls visit for every Go file that is no test, outside of dot folders and
// test data.
func walk(tree fs.FS, visit func(name string, source []byte) error) error {
	return fs.WalkDir(tree, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && name != "." && (d.Name()[0] == '.' || d.Name()[0] == '_' || d.Name() == "testdata"):
			return fs.SkipDir
		case d.IsDir() || path.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		source, err := fs.ReadFile(tree, name)
		if err != nil {
			return err
		}
		return visit(name, source)
	})
}
