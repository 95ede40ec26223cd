package crosscheck

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/dlclark/regexp2"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// A pattern is a regular expression of ECMAScript, which looks ahead, as the standard's do.
type pattern struct{ *regexp2.Regexp }

// MatchString implements jsonschema.Regexp. What cannot be decided does not match.
func (p pattern) MatchString(s string) bool {
	ok, err := p.Regexp.MatchString(s)
	return ok && err == nil
}

// profiles returns what descriptors are held to: our words of the standard, and the standard's
// own profile, where OBORO_TEST_DATAPACKAGE names the file.
func profiles(t *testing.T) map[string]*jsonschema.Schema {
	t.Helper()
	files := map[string]string{"our words": "testdata/datapackage.json"}
	if own := os.Getenv("OBORO_TEST_DATAPACKAGE"); own != "" {
		files["the standard"] = own
	} else {
		t.Log("OBORO_TEST_DATAPACKAGE names no file: the standard's own profile is not asked")
	}
	schemas := map[string]*jsonschema.Schema{}
	for name, file := range files {
		c := jsonschema.NewCompiler()
		c.DefaultDraft(jsonschema.Draft7)
		c.AssertFormat()
		c.UseRegexpEngine(func(s string) (jsonschema.Regexp, error) {
			re, err := regexp2.Compile(s, regexp2.ECMAScript)
			return pattern{re}, err
		})
		schema, err := c.Compile(file)
		if err != nil {
			t.Fatalf("profile of %s: %v", name, err)
		}
		schemas[name] = schema
	}
	return schemas
}

// A descriptor is what is read of a datapackage.json to hold its tables to it.
type descriptor struct {
	Resources []struct {
		Path   string `json:"path"`
		Hash   string `json:"hash"`
		Bytes  int    `json:"bytes"`
		Schema *struct {
			Fields        []field  `json:"fields"`
			PrimaryKey    []string `json:"primaryKey"`
			MissingValues []string `json:"missingValues"`
		} `json:"schema"`
	} `json:"resources"`
}

type field struct {
	Name        string `json:"name"`
	Type        string `json:"type"`
	Constraints struct {
		Required bool     `json:"required"`
		Minimum  *int64   `json:"minimum"`
		Enum     []string `json:"enum"`
	} `json:"constraints"`
}

// Each published descriptor is a Data Package 2.0, and each of its tables is as it says. Seen to
// fail where the program lists a primary key that does not tell rows apart.
func TestPublishedDataPackages(t *testing.T) {
	folder, schemas := published(t), profiles(t)
	descriptors := 0
	err := fs.WalkDir(folder, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || path.Base(name) != "datapackage.json" {
			return err
		}
		descriptors++
		text, err := fs.ReadFile(folder, name)
		if err != nil {
			return err
		}
		for of, schema := range schemas {
			if err := holds(schema, text); err != nil {
				t.Errorf("%s by %s: %v", name, of, err)
			}
		}
		if tables, err := tablesHold(folder, path.Dir(name), text); err != nil || tables < 2 {
			t.Errorf("%s: %d tables hold: %v", name, tables, err)
		}
		return nil
	})
	if err != nil || descriptors < 8 {
		t.Errorf("%d descriptors: %v", descriptors, err)
	}
}

func holds(schema *jsonschema.Schema, text []byte) error {
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return err
	}
	return schema.Validate(value)
}

// tablesHold checks the files of a descriptor, and returns how many tables it has.
func tablesHold(folder fs.FS, dir string, text []byte) (int, error) {
	var d descriptor
	if err := json.Unmarshal(text, &d); err != nil {
		return 0, err
	}
	tables := 0
	for _, r := range d.Resources {
		file, err := fs.ReadFile(folder, path.Join(dir, r.Path))
		if err != nil {
			return tables, err
		}
		sum := sha256.Sum256(file)
		if len(file) != r.Bytes || r.Hash != "sha256:"+hex.EncodeToString(sum[:]) {
			return tables, fmt.Errorf("%s is not the file that is described", r.Path)
		}
		if r.Schema == nil {
			continue
		}
		tables++
		if err := tableHolds(file, r.Schema.Fields, r.Schema.PrimaryKey, r.Schema.MissingValues); err != nil {
			return tables, fmt.Errorf("%s: %w", r.Path, err)
		}
	}
	return tables, nil
}

// tableHolds checks a CSV against its Table Schema.
func tableHolds(file []byte, fields []field, key, missing []string) error {
	file = bytes.TrimPrefix(file, []byte("\ufeff"))
	if !utf8.Valid(file) {
		return errors.New("is no UTF-8")
	}
	in := csv.NewReader(bytes.NewReader(file))
	rows, err := in.ReadAll() // it refuses a row of another length
	if err != nil {
		return err
	}
	if len(rows) < 2 {
		return errors.New("has no rows")
	}
	var names []string
	for _, f := range fields {
		names = append(names, f.Name)
	}
	if !slices.Equal(rows[0], names) {
		return fmt.Errorf("has the columns %q, and not %q", rows[0], names)
	}
	seen := map[string]bool{}
	for i, row := range rows[1:] {
		var at []string
		for j, f := range fields {
			if err := f.takes(row[j], slices.Contains(missing, row[j])); err != nil {
				return fmt.Errorf("row %d, %s: %w", i+1, f.Name, err)
			}
			if slices.Contains(key, f.Name) {
				at = append(at, row[j])
			}
		}
		if len(at) != len(key) || seen[strings.Join(at, "\x00")] {
			return fmt.Errorf("row %d: %q is there twice, or is no key", i+1, at)
		}
		seen[strings.Join(at, "\x00")] = true
	}
	return nil
}

// takes reports whether the field may have that value.
func (f field) takes(value string, missing bool) error {
	if missing {
		if f.Constraints.Required {
			return errors.New("is missing")
		}
		return nil
	}
	if len(f.Constraints.Enum) > 0 && !slices.Contains(f.Constraints.Enum, value) {
		return fmt.Errorf("%q is none of %q", value, f.Constraints.Enum)
	}
	switch f.Type {
	case "string":
		return nil
	case "date":
		_, err := time.Parse(time.DateOnly, value)
		return err
	case "integer":
		n, err := strconv.ParseInt(value, 10, 64)
		if err == nil && f.Constraints.Minimum != nil && n < *f.Constraints.Minimum {
			err = fmt.Errorf("%d is below %d", n, *f.Constraints.Minimum)
		}
		return err
	}
	return fmt.Errorf("%s is no type that our tables have", f.Type)
}

// What is broken is refused, by our words and by the standard's. Seen to fail when patterns are
// not looked at (an engine that matches everything).
func TestBrokenDataPackages(t *testing.T) {
	whole, err := os.ReadFile("../../dashboards/public/testdata/golden/data_v1_demo_devices_2026-10_1_datapackage.json")
	if err != nil {
		t.Fatal(err)
	}
	schemas := profiles(t)
	for of, schema := range schemas {
		if err := holds(schema, whole); err != nil {
			t.Errorf("the golden descriptor, by %s: %v", of, err)
		}
	}
	for _, tt := range []struct{ name, old, new string }{
		{"no resources", `"resources"`, `"resource"`},
		{"a path that leads up", `"path": "table.csv"`, `"path": "a/../table.csv"`},
		{"a path from the root", `"path": "table.csv"`, `"path": "/table.csv"`},
		{"a hidden path", `"path": "table.csv"`, `"path": ".table.csv"`},
		{"a resource without a name", `"name": "table",`, ``},
		{"bytes in words", `"bytes": 353`, `"bytes": "353"`},
		{"a hash that is none", `"hash": "sha256:`, `"hash": "sha256 `},
		{"a kind that is none", `"mediatype": "text/csv"`, `"mediatype": "csv"`},
		{"a licence of no name", `"name": "CC-BY-4.0"`, `"name": "CC BY 4.0"`},
		{"a table of no fields", `"fields": [`, `"fields": [], "other": [`},
		{"a type that is none", `"type": "date"`, `"type": "day"`},
		{"a day that is none", `"created": "2026-11-10T00:00:00Z"`, `"created": "10 November"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			broken := strings.Replace(string(whole), tt.old, tt.new, 1)
			if broken == string(whole) {
				t.Fatalf("the descriptor has no %s", tt.old)
			}
			for of, schema := range schemas {
				if holds(schema, []byte(broken)) == nil {
					t.Errorf("it passes by %s", of)
				}
			}
		})
	}
}

// A table that is not as its schema says is refused. Seen to fail, each, when its check is left out.
func TestBrokenTables(t *testing.T) {
	zero := int64(0)
	fields := []field{{Name: "period_start", Type: "date"}, {Name: "value", Type: "integer"}, {Name: "status", Type: "string"}, {Name: "note", Type: "string"}}
	fields[0].Constraints.Required = true
	fields[1].Constraints.Minimum = &zero
	fields[2].Constraints.Enum = []string{"F", "B"}
	for _, tt := range []struct {
		name, file string
		ok         bool
	}{
		{"as it should be", "period_start,value,status,note\n2026-04-01,3,F,\n2026-04-02,,B,\n", true},
		{"with a mark of its order", "\ufeffperiod_start,value,status,note\r\n2026-04-01,3,F,\r\n", true},
		{"a column too many", "period_start,value,status,note,x\n2026-04-01,3,F,,1\n", false},
		{"a row too short", "period_start,value,status,note\n2026-04-01,3\n", false},
		{"no row", "period_start,value,status,note\n", false},
		{"below the minimum", "period_start,value,status,note\n2026-04-01,-3,F,\n", false},
		{"no number", "period_start,value,status,note\n2026-04-01,3.5,F,\n", false},
		{"no day", "period_start,value,status,note\n2026-04-31,3,F,\n", false},
		{"what must be there is not", "period_start,value,status,note\n,3,F,\n", false},
		{"a word that is none", "period_start,value,status,note\n2026-04-01,3,X,\n", false},
		{"a key twice", "period_start,value,status,note\n2026-04-01,3,F,\n2026-04-01,4,F,\n", false},
		{"no UTF-8", "period_start,value,status,note\n2026-04-01,3,F,\n2026-04-02,3,F,\xff\n", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := tableHolds([]byte(tt.file), fields, []string{"period_start"}, []string{""}); (err == nil) != tt.ok {
				t.Errorf("%v, want %v", err, tt.ok)
			}
		})
	}
}
