package intake

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The raw values of a request live on the stack of one function at a time. This
// test reads the syntax tree of the package: raw is the type of locals and of
// parameters passed by value, and of nothing else; a value of it is made by a
// literal, read field by field and handed to functions of this package. So none
// can be in a field, channel, pool, closure, package variable, interface or error.
// Each way out is planted in TestRawRulesRefuse, and was seen to fail here too
// with a field of Intake, a closure and a package variable in truncate.
func TestRawStaysOnTheStack(t *testing.T) {
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	sources := map[string]string{}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		sources[name] = string(source)
	}
	found, uses := rawFaults(t, sources)
	for _, f := range found {
		t.Error(f)
	}
	if uses < 10 {
		t.Errorf("%d uses of a raw value found; the test does not see them", uses)
	}
}

func TestRawRulesRefuse(t *testing.T) {
	const good = `package intake
		import "elsewhere"
		type raw struct { address, agent string }
		func (in *T) read(from string) int { r := raw{address: from}; return in.truncate(r, 1) }
		func (in *T) truncate(r raw, n int) int { elsewhere.Note(r.agent); return len(r.address) }
		type T struct{ n int }
		`
	if found, uses := rawFaults(t, map[string]string{"good.go": good}); len(found) > 0 || uses == 0 {
		t.Fatalf("the rules refuse what is right, of %d uses: %q", uses, found)
	}
	for name, planted := range map[string]string{
		"a field":                    `type S struct{ r raw }`,
		"a field of a slice":         `type S struct{ r []raw }`,
		"a field of a function":      `type S struct{ f func(raw) }`,
		"an embedded field":          `type S struct{ raw }`,
		"a package variable":         `var last raw`,
		"a pool":                     `var pool = elsewhere.Pool{New: func() any { return new(raw) }}`,
		"a channel":                  `func f() { c := make(chan raw); _ = c }`,
		"a map":                      `func f() { m := map[string]raw{}; _ = m }`,
		"a slice":                    `func f() { s := []raw{{}}; _ = s }`,
		"a pointer":                  `func f(r *raw) {}`,
		"the address of one":         `func f(r raw) { p := &r; _ = p }`,
		"a result":                   `func f() raw { return raw{} }`,
		"a result of a closure":      `func f() { g := func() raw { return raw{} }; _ = g() }`,
		"captured by a closure":      `func f(r raw) func() string { return func() string { return r.agent } }`,
		"a goroutine":                `func f(r raw, in *T) { go in.truncate(r, 1) }`,
		"deferred":                   `func f(r raw, in *T) { defer in.truncate(r, 1) }`,
		"an interface":               `func f(r raw) { var x any = r; _ = x }`,
		"a function elsewhere":       `func f(r raw) { elsewhere.Note(r) }`,
		"printed by a builtin":       `func f(r raw) { println(r) }`,
		"a panic":                    `func f(r raw) { panic(r) }`,
		"an error":                   `func (r raw) Error() string { return r.agent }`,
		"another name":               `type other = raw`,
		"another type of its form":   `type other raw`,
		"a type parameter":           `func f[T any](v T) {}; func g(r raw) { f(r) }`,
		"a field set by its pointer": `func f(r raw) { p := &r.agent; _ = p }`,
		"variadic":                   `func f(r ...raw) {}`,
	} {
		t.Run(name, func(t *testing.T) {
			if found, _ := rawFaults(t, map[string]string{"good.go": good, "planted.go": "package intake\nimport \"elsewhere\"\nvar _ = elsewhere.X\n" + planted}); len(found) == 0 {
				t.Errorf("%s is let through", planted)
			}
		})
	}
}

// nothing stands for every package that is imported: what these declare is not
// needed to know where a raw value goes.
type nothing struct{}

func (nothing) Import(path string) (*types.Package, error) {
	p := types.NewPackage(path, filepath.Base(path))
	p.MarkComplete()
	return p, nil
}

// rawFaults returns where a raw value could outlive its function, and how many
// expressions are one.
func rawFaults(t *testing.T, sources map[string]string) (found []string, uses int) {
	t.Helper()
	c := rawChecker{fset: token.NewFileSet(), info: &types.Info{
		Types: map[ast.Expr]types.TypeAndValue{}, Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{},
	}}
	var files []*ast.File
	for name, source := range sources {
		file, err := parser.ParseFile(c.fset, name, source, 0)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	config := types.Config{Importer: nothing{}, Error: func(error) {}} // what is imported is not known
	pkg, _ := config.Check("intake", c.fset, files, c.info)
	name, ok := pkg.Scope().Lookup("raw").(*types.TypeName)
	if !ok {
		t.Fatal("the package has no type raw")
	}
	c.raw = name.Type()
	c.objects(name)
	for _, file := range files {
		c.walk(file, nil)
	}
	slices.Sort(c.found)
	return c.found, c.uses
}

type rawChecker struct {
	fset  *token.FileSet
	info  *types.Info
	raw   types.Type
	found []string
	uses  int
}

func (c *rawChecker) fault(n ast.Node, format string, args ...any) {
	c.found = append(c.found, c.fset.Position(n.Pos()).String()+": "+fmt.Sprintf(format, args...))
}

// objects checks what is declared: a raw value is a local or a parameter.
func (c *rawChecker) objects(raw *types.TypeName) {
	for ident, object := range c.info.Defs {
		if object == nil || object == raw || !c.holds(object.Type(), 0) {
			continue
		}
		switch o := object.(type) {
		case *types.Var:
			if o.IsField() || o.Parent() == o.Pkg().Scope() || o.Type() != c.raw {
				c.fault(ident, "%s holds a raw value", ident.Name)
			}
		case *types.Func:
			signature := o.Type().(*types.Signature)
			if signature.Recv() != nil && c.holds(signature.Recv().Type(), 0) || c.holds(signature.Results(), 0) || signature.Variadic() {
				c.fault(ident, "%s is a method of raw, or returns one", ident.Name)
			}
		default:
			c.fault(ident, "%s is another name for raw", ident.Name)
		}
	}
	for ident, object := range c.info.Defs { // type other raw
		if name, ok := object.(*types.TypeName); ok && name != raw && types.Identical(name.Type().Underlying(), c.raw.Underlying()) {
			c.fault(ident, "%s has the form of raw", ident.Name)
		}
	}
}

// holds reports whether typ has raw somewhere in it.
func (c *rawChecker) holds(typ types.Type, depth int) bool {
	if typ == c.raw {
		return true
	}
	if depth > 10 {
		return false
	}
	switch typ := typ.(type) {
	case *types.Alias:
		return c.holds(types.Unalias(typ), depth+1)
	case *types.Pointer:
		return c.holds(typ.Elem(), depth+1)
	case *types.Slice:
		return c.holds(typ.Elem(), depth+1)
	case *types.Array:
		return c.holds(typ.Elem(), depth+1)
	case *types.Chan:
		return c.holds(typ.Elem(), depth+1)
	case *types.Map:
		return c.holds(typ.Key(), depth+1) || c.holds(typ.Elem(), depth+1)
	case *types.Signature:
		return typ.Recv() != nil && c.holds(typ.Recv().Type(), depth+1) ||
			c.holds(typ.Params(), depth+1) || c.holds(typ.Results(), depth+1)
	case *types.Tuple:
		for v := range typ.Variables() {
			if c.holds(v.Type(), depth+1) {
				return true
			}
		}
	case *types.Struct:
		for f := range typ.Fields() {
			if c.holds(f.Type(), depth+1) {
				return true
			}
		}
	}
	return false
}

// walk checks each expression that is a raw value, or holds one, by what it
// stands in.
func (c *rawChecker) walk(n ast.Node, above []ast.Node) {
	if e, ok := n.(ast.Expr); ok {
		if tv, ok := c.info.Types[e]; ok && tv.IsValue() {
			if tv.Type == c.raw {
				c.uses++
				c.value(e, above)
			} else if _, isCall := tv.Type.(*types.Signature); !isCall && c.holds(tv.Type, 0) {
				c.fault(e, "a %s holds a raw value", tv.Type)
			}
		}
	}
	if lit, ok := n.(*ast.UnaryExpr); ok && lit.Op == token.AND {
		if s, ok := lit.X.(*ast.SelectorExpr); ok && c.info.Types[s.X].Type == c.raw {
			c.fault(n, "a pointer into a raw value")
		}
	}
	above = append(above, n)
	for _, child := range children(n) {
		c.walk(child, above)
	}
}

func children(n ast.Node) []ast.Node {
	var list []ast.Node
	ast.Inspect(n, func(m ast.Node) bool {
		if m != nil && m != n {
			list = append(list, m)
		}
		return m == n
	})
	return list
}

// value checks one raw value: it is read by field, assigned to a local, or handed
// to a function of this package that takes a raw value.
func (c *rawChecker) value(e ast.Expr, above []ast.Node) {
	for _, n := range above {
		switch n.(type) {
		case *ast.FuncLit:
			c.fault(e, "a raw value in a closure")
		case *ast.GoStmt, *ast.DeferStmt:
			c.fault(e, "a raw value that another function waits with")
		}
	}
	switch n := above[len(above)-1].(type) {
	case *ast.SelectorExpr, *ast.ParenExpr:
	case *ast.AssignStmt: // to what, objects has checked
		for _, left := range n.Lhs {
			if id, ok := left.(*ast.Ident); ok && (id.Name == "_" || c.object(id) != nil && c.object(id).Type() == c.raw) {
				continue
			}
			c.fault(e, "a raw value assigned to something else")
		}
	case *ast.CallExpr:
		if !c.takes(n, e) {
			c.fault(e, "a raw value given to a function that is not of this package, or takes anything")
		}
	default:
		c.fault(e, "a raw value in a %T", n)
	}
}

func (c *rawChecker) object(id *ast.Ident) types.Object {
	if o := c.info.Defs[id]; o != nil {
		return o
	}
	return c.info.Uses[id]
}

// takes reports whether the call is of a declared function of this package whose
// parameter in the place of e is of type raw.
func (c *rawChecker) takes(call *ast.CallExpr, e ast.Expr) bool {
	var id *ast.Ident
	switch f := call.Fun.(type) {
	case *ast.Ident:
		id = f
	case *ast.SelectorExpr:
		id = f.Sel
	default:
		return false
	}
	function, ok := c.info.Uses[id].(*types.Func)
	i := slices.Index(call.Args, e)
	if !ok || i < 0 {
		return false
	}
	parameters := function.Type().(*types.Signature).Params()
	return i < parameters.Len() && parameters.At(i).Type() == c.raw
}
