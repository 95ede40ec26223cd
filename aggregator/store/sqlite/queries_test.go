package sqlite_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"oboro/aggregator/store/sqlite"
)

// TestEveryStatementIsUsed reads the package: each embedded file must be the text of
// a variable that some other line uses. Seen to fail on a file of no variable, and
// on a variable of no use.
func TestEveryStatementIsUsed(t *testing.T) {
	variables, uses := readPackage(t)
	for _, name := range embedded(t) {
		if variable := variables[name]; variable == "" {
			t.Errorf("queries/%s.sql is the text of no variable", name)
		} else if uses[variable] < 2 { // its declaration is one
			t.Errorf("%s (queries/%s.sql) is never used", variable, name)
		}
	}
}

// TestStatementsAreWrittenAsAgreed holds the house style of SQL.
func TestStatementsAreWrittenAsAgreed(t *testing.T) {
	for _, name := range embedded(t) {
		text, err := fs.ReadFile(sqlite.Queries, "queries/"+name+".sql")
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(string(text), "-- ") {
			t.Errorf("queries/%s.sql does not begin with a comment that says what it is for", name)
		}
		body := regexp.MustCompile(`(?m)^--.*\n`).ReplaceAllString(string(text), "")
		switch {
		case body != strings.ToLower(body):
			t.Errorf("queries/%s.sql is not in lower case", name)
		case strings.Contains(body, ";"):
			t.Errorf("queries/%s.sql has a semicolon: one statement a file", name)
		case strings.Contains(body, "*"):
			t.Errorf("queries/%s.sql has a star: columns are named", name)
		case strings.Contains(body, "'"):
			t.Errorf("queries/%s.sql has a text constant: values are parameters", name)
		}
	}
}

// embedded returns the names of the embedded statements.
func embedded(t *testing.T) []string {
	t.Helper()
	files, err := fs.Glob(sqlite.Queries, "queries/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatalf("no statements are embedded: %v", err)
	}
	var names []string
	for _, f := range files {
		names = append(names, strings.TrimSuffix(filepath.Base(f), ".sql"))
	}
	return names
}

// readPackage returns the variable of each statement, and how often each name occurs.
func readPackage(t *testing.T) (variables map[string]string, uses map[string]int) {
	t.Helper()
	variables, uses = map[string]string{}, map[string]int{}
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("no source found: %v", err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Ident:
				uses[n.Name]++
			case *ast.ValueSpec:
				if statement := statementOf(n); statement != "" {
					variables[statement] = n.Names[0].Name
				}
			}
			return true
		})
	}
	return variables, uses
}

// statementOf returns x of a declaration like v = statement("x").
func statementOf(spec *ast.ValueSpec) string {
	if len(spec.Values) != 1 {
		return ""
	}
	call, ok := spec.Values[0].(*ast.CallExpr)
	if !ok || len(call.Args) != 1 {
		return ""
	}
	function, ok := call.Fun.(*ast.Ident)
	text, isText := call.Args[0].(*ast.BasicLit)
	if !ok || !isText || function.Name != "statement" {
		return ""
	}
	name, err := strconv.Unquote(text.Value)
	if err != nil {
		return ""
	}
	return name
}

// TestLabelsAreLookedUp holds that statements of many labels look up each of them: SQLite
// may think it cheaper to read a whole scope, which then takes minutes where it is large.
// Seen to fail when find_labels had its texts in a list ("in").
func TestLabelsAreLookedUp(t *testing.T) {
	path := filepath.Join(t.TempDir(), "oboro.db")
	open(t, path)
	db := raw(t, path)
	for name, want := range map[string]string{"find_labels": "(scope=? AND text=?)", "forget_labels": "(scope=? AND id=?)"} {
		text, err := fs.ReadFile(sqlite.Queries, "queries/"+name+".sql")
		must(t, err)
		rows, err := db.Query("explain query plan "+string(text), make([]any, strings.Count(string(text), "?"))...)
		must(t, err)
		var plan string
		for rows.Next() {
			var id, parent, unused int
			var step string
			must(t, rows.Scan(&id, &parent, &unused, &step))
			plan += step + "; "
		}
		must(t, rows.Err())
		if !strings.Contains(plan, want) {
			t.Errorf("%s: the plan is %s want a search by %s", name, plan, want)
		}
	}
}
