package hit_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"net/netip"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"oboro/collector/hit"
)

// constrained are the types that hold text, or bytes that could, and the
// functions that make each of them from something that is not one already.
var constrained = map[reflect.Type]string{
	reflect.TypeFor[hit.Page]():     "ParsePage",
	reflect.TypeFor[hit.Host]():     "ParseHost",
	reflect.TypeFor[hit.Tag]():      "ParseTag",
	reflect.TypeFor[hit.Country]():  "ParseCountry",
	reflect.TypeFor[hit.Language](): "ParseLanguage",
	reflect.TypeFor[hit.Packed]():   "Pack Remembered", // an Environment, and nothing else
}

// wide are the fields whose kind could hold an address of the fourth version, or
// a time, and why they do not.
var wide = map[string]string{
	"Hit.Day":    "a day",
	"Hit.Listed": "a bit for each dimension",
	"Hit.Seen":   "a bit for each set of the plan",
	"Hit.Reach":  "a bit for each set of the plan",

	"Hit.Numbers.Series": "how many states of a day this process has begun",
	"Hit.Numbers.Page":   "a number that Page has today",
	"Hit.Numbers.Source": "a number that Source has today",
	"Hit.Numbers.Left":   "a number that the page of Left has today",
}

// wider returns what in typ could hold more than a closed vocabulary.
func wider(path string, typ reflect.Type) []string {
	if _, ok := constrained[typ]; ok {
		return nil
	}
	switch kind := typ.Kind(); {
	case kind == reflect.Bool, kind == reflect.Uint8, kind == reflect.Uint16:
		return nil
	case kind == reflect.Int32 && typ == reflect.TypeFor[hit.Day]() && wide[path] != "",
		kind == reflect.Uint32 && wide[path] != "":
		return nil
	case kind == reflect.Struct:
		var found []string
		for i := range typ.NumField() {
			f := typ.Field(i)
			found = append(found, wider(path+"."+f.Name, f.Type)...)
		}
		return found
	}
	return []string{fmt.Sprintf("%s: a %v can carry more than a closed vocabulary", path, typ)}
}

// TestVocabulary holds the promise that a Hit carries no text but its pages, its
// source and declared tags, no address, no identifier and no precise time: it walks the type
// and refuses any kind that could. Seen to fail with each field of TestVocabularyRefuses
// planted in Hit.
func TestVocabulary(t *testing.T) {
	for _, found := range wider("Hit", reflect.TypeFor[hit.Hit]()) {
		t.Error(found)
	}
	size := reflect.TypeFor[hit.Hit]().Size()
	if size > 184 { // 16 for the numbers of labels; 49 for the channel and the tags of a visit, of which the table keeps numbers
		t.Errorf("a Hit has %d bytes; say here what the new ones are for", size)
	}
}

// The walk refuses what it is there to refuse, in Hit itself and further down.
func TestVocabularyRefuses(t *testing.T) {
	type mark [16]byte
	type name string
	for _, planted := range []any{
		struct{ Planted string }{}, struct{ Planted name }{}, struct{ Planted time.Time }{},
		struct{ Planted uint64 }{}, struct{ Planted int64 }{}, struct{ Planted uint32 }{}, struct{ Planted int32 }{},
		struct{ Planted []byte }{}, struct{ Planted netip.Addr }{}, struct{ Planted mark }{},
		struct{ Planted [2]uint8 }{}, struct{ Planted float64 }{}, struct{ Planted any }{}, struct{ Planted error }{},
		struct{ Planted *hit.Hit }{}, struct{ Planted map[hit.Page]bool }{}, struct{ Planted func() hit.Page }{},
		struct{ Planted chan hit.Page }{}, struct{ planted struct{ inner string } }{},
	} {
		typ := reflect.TypeOf(planted)
		if len(wider("Hit", typ)) == 0 {
			t.Errorf("%v is let through", typ)
		}
	}
}

// Values of the constrained types are made in one place each. Their fields cannot
// be set from outside of the package; inside, the syntax tree is read. Seen to
// fail when a function MakePage returns Page{path}.
func TestConstrainedTypesAreMadeInOnePlace(t *testing.T) {
	makers := map[string]string{}
	for typ, maker := range constrained {
		makers[typ.Name()] = maker
		for i := range typ.NumField() {
			if typ.Field(i).IsExported() {
				t.Errorf("%v.%s can be set by anyone", typ, typ.Field(i).Name)
			}
		}
	}
	met := map[string]bool{}
	for _, file := range sources(t) {
		for _, d := range file.Decls {
			function := ""
			if f, ok := d.(*ast.FuncDecl); ok {
				function = f.Name.Name
			}
			ast.Inspect(d, func(n ast.Node) bool {
				made := ""
				switch n := n.(type) {
				case *ast.CompositeLit:
					if name, ok := n.Type.(*ast.Ident); ok && len(n.Elts) > 0 {
						made = name.Name
					}
				case *ast.AssignStmt: // a field set later
					for _, left := range n.Lhs {
						if s, ok := left.(*ast.SelectorExpr); ok && slices.Contains([]string{"path", "name", "code", "word"}, s.Sel.Name) {
							t.Errorf("%s sets the field %s of a value", function, s.Sel.Name)
						}
					}
				case *ast.CallExpr: // a conversion from a type of the same form
					if name, ok := n.Fun.(*ast.Ident); ok {
						made = name.Name
					}
				}
				if maker := makers[made]; maker != "" {
					met[made] = true
					if !slices.Contains(strings.Fields(maker), function) {
						t.Errorf("%s makes a %s; only %s may", function, made, maker)
					}
				}
				return true
			})
		}
	}
	if len(met) != len(makers) {
		t.Errorf("only %v are made at all", met)
	}
}

// The zero Hit does no harm: nothing in it can make a reader panic.
func TestZeroHit(t *testing.T) {
	var h hit.Hit
	got := strings.Join([]string{h.Page.Path(), h.Source.Name(), h.Env.Unpack().Country.Code(), h.Env.Unpack().Language.Code(),
		h.Env.Unpack().Browser.Code(), h.Env.Unpack().System.Code(), h.Env.Unpack().Device.Code(), h.Env.Unpack().Viewport.Code(), h.Env.Unpack().Media.Input().Code(), h.Channel.Code(), h.Tags.Campaign.Name(), h.Kind.String(), h.Day.String()}, " ")
	if want := "  unknown unknown other other other unknown unknown unknown  view 1970-01-01"; got != want {
		t.Errorf("the zero hit reads %q, want %q", got, want)
	}
}

func sources(t *testing.T) map[string]*ast.File {
	t.Helper()
	names, err := filepath.Glob("*.go")
	if err != nil || len(names) == 0 {
		t.Fatalf("no source to read: %v", err)
	}
	files := map[string]*ast.File{}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		if files[name], err = parser.ParseFile(token.NewFileSet(), name, nil, 0); err != nil {
			t.Fatal(err)
		}
	}
	return files
}
