package intake

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// holders are the fields and package variables under collector/internal, and in
// the collector itself, whose type could hold text or an address, and why they do
// not hold a visitor's, or how long.
var holders = map[string]string{
	"collector.Site.ID":          "declared",
	"collector.Site.Hosts":       "declared",
	"collector.Site.Pages":       "declared",
	"collector.Config.Trusted":   "declared: the operator's proxies",
	"collector.Config.Countries": "declared: a file",
	"collector.Config.Random":    "a source of random bytes",
	"collector.Config.Turned":    "a function that is given the day and its key",
	"collector.errClosed":        "a sentence of ours",
	"collector.errRecord":        "a sentence of ours",
	"visitors.ErrCap":            "a sentence of ours",
	"visitors.ErrFull":           "a sentence of ours",
	"visitors.ErrNoView":         "a sentence of ours",
	"visitors.errRecord":         "a sentence of ours",
	"visitors.Table.record":      "a sighting on its way to the RAM log: marks, codes and labels",
	"visitors.reader.b":          "a record of the RAM log",
	"collector.Server.http":      "fasthttp's server, whose requests are their goroutines' own",

	"collector.door.embedded":    "the listener",
	"collector.guest.embedded":   "a connection, which is its goroutine's own",
	"collector.watch.embedded":   "the listener",
	"collector.watched.embedded": "a connection, which is its goroutine's own",
	"intake.Parsed":              "offsets into a line",
	"intake.program.embedded":    "codes",

	"intake.raw.address":  "the one holder of raw values: TestRawStaysOnTheStack",
	"intake.raw.named":    "as above",
	"intake.raw.agent":    "as above",
	"intake.raw.language": "as above",
	"intake.raw.referrer": "as above",
	"intake.raw.path":     "as above",

	"intake.body.url":      "views of the request, in a local of two functions that is read into raw",
	"intake.body.referrer": "as above",
	"intake.body.event":    "as above",
	"intake.scanner.data":  "a view of the body, in a local of parseBody",
	"logline.cursor.line":  "a view of the line, in a local of Parse",
	"intake.Clock":         "numbers made of the hour of a line",

	"collector.Guess":         "a format and numbers",
	"intake.Format":           "what the operator says, or a log's own list, of where fields are",
	"intake.Lines.methods":    "declared",
	"intake.Lines.assets":     "declared",
	"intake.Rules.Methods":    "declared",
	"intake.Rules.Assets":     "declared",
	"intake.Rules.Pages":      "declared",
	"intake.verdicts":         "table",
	"logline.Format.name":     "a word of ours",
	"logline.compiler.fault":  "a sentence on what the operator wrote",
	"logline.compiler.text":   "what the operator wrote",
	"logline.template.before": "what the operator wrote",
	"logline.step.until":      "what the operator wrote",
	"logline.filling.ranks":   "numbers",
	"logline.name.bytes":      "the name of a field, not its value, in a local of the readers",

	"page.run.group":         "digits of a path, in a local of scrub that knows telephone numbers",
	"agent.indexed.systems":  "marks of words of ours",
	"agent.indexed.devices":  "as above",
	"agent.indexed.browsers": "as above",

	"intake.memory.senders":   "marks and codes under keyed hashes: package recall",
	"intake.memory.programs":  "codes under keyed hashes: package recall",
	"intake.memory.languages": "as above",
	"intake.memory.pages":     "pages under keyed hashes: package recall",
	"intake.memory.sources":   "hosts under keyed hashes: package recall",
	"recall.Memory.seed":      "a random number",
	"bounds.Rate.key":         "a random number",
	"bounds.Connections.key":  "a random number",

	"intake.Intake.Country":    "a function of the country table, which keeps nothing",
	"intake.Intake.Trusted":    "declared: the operator's proxies",
	"intake.Intake.byHost":     "declared; TestLookupsKeepNothing",
	"intake.Site.Hosts":        "declared",
	"intake.Registry.prefixes": "declared",
	"place.errTree":            "a sentence of ours",
	"place.tree.records":       "a file of networks and countries, which is only read",
	"place.Table.reader":       "a file of networks and countries, which is only read",
	"visitors.Mark":            "a keyed hash, which means nothing without the day's key",
	"visitors.Key.secret":      "the day's key",

	// Tables of words of ours.
	"agent.browser.text": "table", "agent.browsers": "table", "agent.devices": "table", "agent.systems": "table",
	"agent.token.text": "table", "beacon.pixel": "table", "beacon.source": "table", "bots.heads": "table",
	"bots.pattern.before": "table", "bots.pattern.behind": "table", "bots.pattern.text": "table", "bots.patterns": "table",

	"intake.words": "table", "logline.directives": "table", "logline.feeds": "table", "logline.hexadecimal": "table", "logline.named": "table", "logline.namedFields": "table",
	"place.embedded": "table", "source.apps": "table",
}

// Nothing under the collector can hold text or an address but what is listed, so
// that a new field asks for a reason. Seen to fail when visitors.state gets a
// field "agent string", and when package source gets a variable "last string".
func TestHolders(t *testing.T) {
	met, err := holding(os.DirFS("../.."))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range slices.Sorted(maps.Keys(met)) {
		if holders[name] == "" {
			t.Errorf("%s can hold text or an address: say in holders why it holds no visitor's", name)
		}
	}
	for name := range holders {
		if !met[name] {
			t.Errorf("%s is not there any more, or holds no text: take it out of holders", name)
		}
	}
}

func TestHoldingFinds(t *testing.T) {
	const planted = `package p
		import "net/netip"
		type text string
		type s struct {
			a string; b []byte; c netip.Addr; d map[string]int; e any; f error; g interface{ Bytes() []byte }
			h [4]byte; i *netip.AddrPort; j func() string; k []rune; l struct{ inner string }; m chan text; n sync.Pool
			o bytes.Buffer; p *fasthttp.RequestCtx; q []uint8; r strings.Builder; s url.URL
			fine int; also [3]uint64; more map[int]bool
		}
		var global string
		var inferred = "x"
		var number = 1
		const word = "x"
		func f() { var local string; _ = local }`
	met, err := holding(fstest.MapFS{"internal/p/p.go": {Data: []byte(planted)}, "internal/p/p_test.go": {Data: []byte("package p\nvar test string")}})
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for c := 'a'; c <= 's'; c++ {
		want = append(want, fmt.Sprintf("p.s.%c", c))
	}
	want = append(want, "p.text", "p.global", "p.inferred")
	for _, name := range want {
		if !met[name] {
			t.Errorf("%s is let through", name)
		}
		delete(met, name)
	}
	if len(met) > 0 {
		t.Errorf("found too: %v", met)
	}
}

// holding returns the fields, types and package variables that could hold text or
// an address, as package.Type.field.
func holding(tree fs.FS) (map[string]bool, error) {
	met := map[string]bool{}
	err := fs.WalkDir(tree, ".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "testdata" || d.Name() == "generate" || d.Name() == "hit"):
			return fs.SkipDir // hit has TestVocabulary; generate is a program of its own
		case d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		source, err := fs.ReadFile(tree, path)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, source, 0)
		if err != nil {
			return err
		}
		for _, d := range file.Decls {
			if g, ok := d.(*ast.GenDecl); ok && g.Tok != token.CONST {
				for _, spec := range g.Specs {
					declared(file.Name.Name, spec, met)
				}
			}
		}
		return nil
	})
	return met, err
}

func declared(pkg string, spec ast.Spec, met map[string]bool) {
	switch spec := spec.(type) {
	case *ast.TypeSpec:
		if structure, ok := spec.Type.(*ast.StructType); ok {
			for _, f := range structure.Fields.List {
				for _, name := range f.Names {
					if textual(f.Type) {
						met[pkg+"."+spec.Name.Name+"."+name.Name] = true
					}
				}
				if len(f.Names) == 0 && textual(f.Type) {
					met[pkg+"."+spec.Name.Name+".embedded"] = true
				}
			}
			return
		}
		switch spec.Type.(type) {
		case *ast.FuncType, *ast.InterfaceType: // no holder in itself
		default:
			if textual(spec.Type) {
				met[pkg+"."+spec.Name.Name] = true
			}
		}
	case *ast.ValueSpec:
		for i, name := range spec.Names {
			if spec.Type != nil && textual(spec.Type) || spec.Type == nil && i < len(spec.Values) && textual(spec.Values[i]) {
				met[pkg+"."+name.Name] = true
			}
		}
	}
}

// plain are the packages whose types hold no text.
var plain = map[string]bool{"hit": true, "visitors": true, "atomic": true, "time": true, "place": true, "intake": true, "bounds": true}

// textual reports whether a type, or a value that a variable begins with, names
// something that can hold text: strings, bytes, runes, interfaces, and any type
// of a package that is not known to be plain.
func textual(e ast.Expr) bool {
	found := false
	ast.Inspect(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Ident:
			switch n.Name {
			case "string", "rune", "any", "error", "text":
				found = true
			}
		case *ast.ArrayType:
			element, ok := n.Elt.(*ast.Ident)
			found = found || ok && (element.Name == "byte" || element.Name == "uint8")
		case *ast.InterfaceType:
			found = true
		case *ast.BasicLit:
			found = found || n.Kind == token.STRING
		case *ast.SelectorExpr:
			id, ok := n.X.(*ast.Ident)
			found = found || !ok || !plain[id.Name] && id.Name+"."+n.Sel.Name != "sync.Mutex" && id.Name+"."+n.Sel.Name != "sync.RWMutex"
			return false
		}
		return !found
	})
	return found
}
