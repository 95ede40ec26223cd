package ledger_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// forbidden names what the package may not import, and why.
var forbidden = map[string]string{
	"math":         "floating point leaks the low bits of the true count",
	"math/cmplx":   "floating point leaks the low bits of the true count",
	"math/rand":    "its values can be foretold",
	"math/rand/v2": "its values can be foretold",
	"crypto/rand":  "randomness is an argument; only the wiring chooses its source",
	"time":         "no record tells a time finer than its day",
	"unsafe":       "it could make a float of an integer",
}

// findings returns what in the file breaks the rule: integers only, no source of
// randomness of its own, no clock.
func findings(file *ast.File) []string {
	var found []string
	for _, spec := range file.Imports {
		path, _ := strconv.Unquote(spec.Path.Value)
		if why, ok := forbidden[path]; ok {
			found = append(found, fmt.Sprintf("import of %s: %s", path, why))
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BasicLit:
			if n.Kind == token.FLOAT || n.Kind == token.IMAG {
				found = append(found, "the literal "+n.Value)
			}
		case *ast.Ident:
			name := strings.ToLower(n.Name)
			if strings.Contains(name, "float") || strings.HasPrefix(name, "complex") || name == "modtime" {
				found = append(found, "the name "+n.Name)
			}
		}
		return true
	})
	return found
}

// TestIntegersOnly holds test 6 of the reference for this package.
func TestIntegersOnly(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	read := 0
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		read++
		for _, f := range findings(file) {
			t.Errorf("%s: %s", name, f)
		}
	}
	if read == 0 {
		t.Error("no source was read")
	}
}

func TestIntegersOnlySeesMutants(t *testing.T) {
	for _, tt := range []struct{ name, source string }{
		{"a float type", "var x float64"},
		{"a conversion", "var x = int64(float32(3))"},
		{"a literal", "const half = 1 / 2.0"},
		{"an exponent", "const many = 1e6"},
		{"a complex type", "var z complex128"},
		{"a big float", "import \"math/big\"\nvar x big.Float"},
		{"a way out of a ratio", "import \"math/big\"\nvar x, _ = big.NewRat(1, 2).Float64()"},
		{"a parsed float", "import \"strconv\"\nvar x, _ = strconv.ParseFloat(\"1\", 64)"},
		{"the clock", "import \"time\""},
		{"the clock under another name", "import clock \"time\""},
		{"a weak source", "import \"math/rand/v2\""},
		{"a source of its own", "import \"crypto/rand\""},
	} {
		file, err := parser.ParseFile(token.NewFileSet(), "mutant.go", "package p\n"+tt.source, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		if len(findings(file)) == 0 {
			t.Errorf("%s is not seen: %q", tt.name, tt.source)
		}
	}
}
