package oboro_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

// A wordRule finds words that must not stand where they stand.
type wordRule struct {
	name string
	free []string // trees that the rule does not bind
	in   string   // the tree that it binds; "" is all
	find func(f *ast.File, report func(n ast.Node, what string))
}

// The trees of the demo and the benchmarks play visitors: they send what others
// must not read.
var wordRules = []wordRule{
	{
		name: "only intake reads addresses and User-Agents",
		free: []string{"collector/internal/intake", "cmd/oboro/demo", "internal/bench"},
		find: says(
			[]string{"RemoteIP", "RemoteAddr", "UserAgent", "Referer", "HeaderXForwardedFor", "HeaderForwarded",
				"HeaderUserAgent", "HeaderReferer"},
			[]string{"x-forwarded-for", "forwarded", "user-agent", "x-real-ip", "referer", "sec-ch-ua"}),
	},
	{
		name: "nothing reads or sets a cookie", // but the flag of an objection
		free: []string{"cmd/oboro/demo", "collector/beacon", "collector/internal/objection"},
		find: says(
			[]string{"Cookie", "Cookies", "CookiesNamed", "SetCookie", "PeekCookie", "DelCookie", "AddCookie", "HeaderCookie", "HeaderSetCookie"},
			[]string{"cookie", "set-cookie"}),
	},
	{name: "a log message is a literal", find: messages},
	{name: "nothing is printed outside of cmd", free: []string{"cmd", "internal/bench", "internal/cluster", "collector/internal/place/generate", "collector/internal/agent/score", "collector/internal/source/generate", "collector/internal/bots/generate"}, find: prints},
	{name: "intake formats nothing", in: "collector/internal/intake", find: formats},
	{name: "nothing is left for later in a comment", find: later},
	{name: "the program has no switch for tests", find: switches},
}

// What stands where is held by the syntax tree. Each rule is seen to refuse what
// it is for in TestWordsAreSeen.
func TestWords(t *testing.T) {
	found, read, err := misplaced(os.DirFS("."))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		t.Error(f)
	}
	if read < 50 {
		t.Errorf("only %d files were read", read)
	}
}

func TestWordsAreSeen(t *testing.T) {
	for _, tt := range []struct{ rule, path, code string }{
		{"only intake reads", "dashboards/team/x.go", `func f(r *http.Request) string { return r.RemoteAddr }`},
		{"only intake reads", "collector/x.go", `func f(ctx *fasthttp.RequestCtx) { g(ctx.RemoteIP()) }`},
		{"only intake reads", "collector/x.go", `func f(ctx *fasthttp.RequestCtx) { g(ctx.Request.Header.Peek("x-Forwarded-for")) }`},
		{"only intake reads", "collector/internal/agent/x.go", `func f(ctx T) { g(ctx.UserAgent()) }`},
		{"only intake reads", "collector/internal/agent/x.go", `const client = "Sec-CH-UA-Platform"`},
		{"nothing reads or sets a cookie", "dashboards/x.go", `func f(w http.ResponseWriter) { http.SetCookie(w, nil) }`},
		{"nothing reads or sets a cookie", "collector/internal/intake/x.go", `func f(h T) { h.Peek("Cookie") }`},
		{"a log message is a literal", "aggregator/x.go", `func f(log *slog.Logger, what string) { log.Warn(what) }`},
		{"a log message is a literal", "aggregator/x.go", `func f(a *A, what string) { a.config.Log.InfoContext(a.ctx, "read " + what) }`},
		{"a log message is a literal", "cmd/oboro/x.go", `func f(what string) { slog.Log(ctx, slog.LevelError, what) }`},
		{"a log message is a literal", "cmd/oboro/x.go", `func f(l *slog.Logger, err error) { l.Error(err.Error()) }`},
		{"a log message is a literal", "cmd/oboro/x.go", `func f(s *server, err error) { s.warn(err.Error(), err) }`},
		{"nothing is printed", "aggregator/x.go", `func f() { fmt.Println("x") }`},
		{"nothing is printed", "collector/x.go", `func f() { log.Printf("x") }`},
		{"nothing is printed", "collector/x.go", `func f() { println("x") }`},
		{"nothing is printed", "dashboards/x.go", `func f() { fmt.Fprintln(os.Stderr, "x") }`},
		{"intake formats nothing", "collector/internal/intake/x.go", `const form = "read %q"`},
		{"intake formats nothing", "collector/internal/intake/x.go", `func f(err error) { g(err.Error()) }`},
		{"nothing is left for later", "aggregator/x.go", "// " + "TO" + "DO: more\nvar x int"},
		{"nothing is left for later", "aggregator/x.go", "func f() { /* FIX" + "ME */ }"},
		{"the program has no switch", "cmd/oboro/x.go", "var now = os.Getenv(\"OBORO_" + "TEST_NOW\")"},
	} {
		t.Run(tt.rule+" "+tt.path, func(t *testing.T) {
			found, _, err := misplaced(fstest.MapFS{tt.path: {Data: []byte("package p\n" + tt.code)}})
			if err != nil || len(found) == 0 || !strings.Contains(found[0], tt.rule) {
				t.Errorf("of %s found %q, %v, want %q", tt.code, found, err, tt.rule)
			}
		})
	}
	for name, code := range map[string]string{
		"collector/internal/intake/x.go": `func f(ctx T) { g(ctx.RemoteIP(), ctx.UserAgent(), "%2F") }`,
		"aggregator/x.go":                `import "net/http"; func f(log *slog.Logger, err error) { log.Warn("flush failed", "error", err.Error()); http.Error(w, text(), 500) }`,
		"dashboards/x.go":                `func f(w io.Writer) { fmt.Fprintln(w, "forwarded to whom it concerns") }`,
		"cmd/oboro/demo/x.go":            `func f(r *http.Request) { fmt.Println(1); r.Header.Set("X-Forwarded-For", "") }`,
	} {
		found, _, err := misplaced(fstest.MapFS{name: {Data: []byte("package p\n" + code)}})
		if err != nil || len(found) != 0 {
			t.Errorf("of what is right, %s, found %q, %v", code, found, err)
		}
	}
}

// misplaced returns what the rules find in the Go files that are no tests.
func misplaced(tree fs.FS) (found []string, read int, err error) {
	err = walk(tree, func(name string, source []byte) error {
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, name, source, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		read++
		at := within(path.Dir(name))
		for _, r := range wordRules {
			if slices.ContainsFunc(r.free, at) || !at(r.in) {
				continue
			}
			r.find(file, func(n ast.Node, what string) {
				found = append(found, fmt.Sprintf("%s: %s: %s", set.Position(n.Pos()), r.name, what))
			})
		}
		return nil
	})
	return found, read, err
}

// says finds names that are selected, and string literals that are header names,
// or begin with one and a dash.
func says(names, headers []string) func(*ast.File, func(ast.Node, string)) {
	return func(f *ast.File, report func(ast.Node, string)) {
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.SelectorExpr:
				if slices.Contains(names, n.Sel.Name) {
					report(n, n.Sel.Name)
				}
			case *ast.BasicLit:
				text := strings.ToLower(literal(n))
				for _, h := range headers {
					if text == h || strings.HasPrefix(text, h+"-") {
						report(n, n.Value)
					}
				}
			}
			return true
		})
	}
}

func literal(e ast.Expr) string {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return ""
	}
	text, _ := strconv.Unquote(lit.Value)
	return text
}

// levels are the methods of a logger, and where their message stands.
var levels = map[string]int{
	"Debug": 0, "Info": 0, "Warn": 0, "Error": 0, "DebugContext": 1, "InfoContext": 1, "WarnContext": 1, "ErrorContext": 1,
	"Log": 2, "LogAttrs": 2, "warn": 0,
}

// messages finds log messages that are not one literal. What a logger is, the
// syntax tree does not know: any value is taken for one whose method is named so
// and is called with an argument, but for packages other than slog. A method
// named warn may put its own argument into the message; its callers are bound.
func messages(f *ast.File, report func(ast.Node, string)) {
	packages := map[string]bool{}
	for _, i := range f.Imports {
		packages[path.Base(literal(i.Path))] = true
	}
	delete(packages, "slog")
	ast.Inspect(f, func(n ast.Node) bool {
		if d, ok := n.(*ast.FuncDecl); ok && d.Recv != nil && d.Name.Name == "warn" {
			return false
		}
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		method, ok := call.Fun.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		at, ok := levels[method.Sel.Name]
		if id, isName := method.X.(*ast.Ident); !ok || len(call.Args) <= at || isName && packages[id.Name] ||
			method.Sel.Name == "warn" && len(call.Args) != 2 { // the message, and an error

			return true
		}
		if literal(call.Args[at]) == "" {
			report(call.Args[at], "the message of "+method.Sel.Name)
		}
		return true
	})
}

func isPackage(e ast.Expr, name string) bool {
	id, ok := e.(*ast.Ident)
	return ok && id.Name == name
}

// prints finds what writes to the process's own outputs.
func prints(f *ast.File, report func(ast.Node, string)) {
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			name := n.Sel.Name
			if isPackage(n.X, "fmt") && strings.HasPrefix(name, "Print") ||
				isPackage(n.X, "os") && (name == "Stdout" || name == "Stderr") ||
				isPackage(n.X, "log") && regexp.MustCompile(`^(Print|Fatal|Panic|SetOutput|Default|Output)`).MatchString(name) {
				report(n, name)
			}
		case *ast.CallExpr:
			if isPackage(n.Fun, "print") || isPackage(n.Fun, "println") {
				report(n, "a builtin")
			}
		}
		return true
	})
}

var verb = regexp.MustCompile(`%[-+# 0-9.]*[vwqsdTtpx]`)

// formats finds what could put a value into a text: a verb in a literal, or the
// text of an error.
func formats(f *ast.File, report func(ast.Node, string)) {
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BasicLit:
			if verb.MatchString(literal(n)) {
				report(n, n.Value)
			}
		case *ast.SelectorExpr:
			if isPackage(n.X, "unsafe") { // a view, without a verb
				return true
			}
			if n.Sel.Name == "Error" || n.Sel.Name == "String" || n.Sel.Name == "Unwrap" {
				report(n, "the text of a value: "+n.Sel.Name)
			}
		}
		return true
	})
}

func later(f *ast.File, report func(ast.Node, string)) {
	for _, group := range f.Comments {
		for _, c := range group.List {
			if regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME|XX` + `X|HA` + `CK)\b`).MatchString(c.Text) {
				report(c, "say it now, or do it")
			}
		}
	}
}

// switches finds the prefix of the variables that tests set.
func switches(f *ast.File, report func(ast.Node, string)) {
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BasicLit:
			if strings.Contains(n.Value, "OBORO_"+"TEST") {
				report(n, n.Value)
			}
		}
		return true
	})
}

// The shipped program takes its time from the clock and its randomness from the
// system, and nothing else can hand over another: main alone makes a process, and
// nobody sets its fields later. Seen to fail when main.go imports math/rand in
// place of crypto/rand, and when run sets p.now.
func TestShippedClockAndNoise(t *testing.T) {
	made := 0
	err := walk(os.DirFS("cmd/oboro"), func(name string, source []byte) error {
		if strings.Contains(name, "/") {
			return nil // the demo has no process
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, source, 0)
		if err != nil {
			return err
		}
		imports := map[string]string{}
		for _, i := range file.Imports {
			what, _ := strconv.Unquote(i.Path.Value)
			imports[path.Base(what)] = what
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CompositeLit:
				if handed := handedOver(n); isPackage(n.Type, "process") && (handed["now"] != "" || handed["random"] != "") {
					made++
					if name != "main.go" || handed["now"] != "time.Now" || handed["random"] != "rand.Reader" || imports["rand"] != "crypto/rand" {
						t.Errorf("%s makes a process with %v and %q, want main.go with time.Now and crypto/rand.Reader", name, handed, imports["rand"])
					}
				}
			case *ast.AssignStmt:
				for _, left := range n.Lhs {
					if s, ok := left.(*ast.SelectorExpr); ok && (s.Sel.Name == "now" || s.Sel.Name == "random") {
						t.Errorf("%s sets %s of something", name, s.Sel.Name)
					}
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if made != 1 {
		t.Errorf("%d processes are made, want one, in main", made)
	}
}

// handedOver returns the fields of a literal, as package.Name where they are given
// so.
func handedOver(lit *ast.CompositeLit) map[string]string {
	fields := map[string]string{}
	for _, e := range lit.Elts {
		pair, ok := e.(*ast.KeyValueExpr)
		if !ok {
			continue
		}
		key, ok := pair.Key.(*ast.Ident)
		if !ok {
			continue
		}
		fields[key.Name] = "something else"
		if value, ok := pair.Value.(*ast.SelectorExpr); ok {
			if pkg, ok := value.X.(*ast.Ident); ok {
				fields[key.Name] = pkg.Name + "." + value.Sel.Name
			}
		}
	}
	return fields
}

// tables are the files that hold little but data, and may be long.
var tables = map[string]bool{}

// The longest functions and files are shown with -v, and refused only where they
// are never right. Seen to fail with limits of 60 and 300.
func TestLengths(t *testing.T) {
	type length struct {
		name  string
		lines int
	}
	var functions, files []length
	err := walk(os.DirFS("."), func(name string, source []byte) error {
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, name, source, 0)
		if err != nil {
			return err
		}
		if !tables[name] {
			files = append(files, length{name, strings.Count(string(source), "\n")})
		}
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok {
				functions = append(functions, length{name + " " + f.Name.Name, set.Position(f.End()).Line - set.Position(f.Pos()).Line + 1})
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, list := range []struct {
		what  string
		all   []length
		limit int
	}{{"function", functions, 100}, {"file", files, 700}} {
		slices.SortFunc(list.all, func(a, b length) int { return b.lines - a.lines })
		for i, l := range list.all {
			if l.lines > list.limit {
				t.Errorf("the %s %s has %d lines, more than %d", list.what, l.name, l.lines, list.limit)
			} else if i < 10 {
				t.Logf("%4d lines: %s %s", l.lines, list.what, l.name)
			}
		}
	}
}
