package clickhouse_test

import (
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"oboro/aggregator/statistic"
	"oboro/aggregator/store/clickhouse"
)

// columns returns the columns that a migration declares: name and type.
func columns(t *testing.T, text string) []string {
	t.Helper()
	start, end := strings.Index(text, "(\n"), strings.Index(text, "\n)\nengine")
	if start < 0 || end < 0 {
		t.Fatalf("a migration is not written as agreed:\n%s", text)
	}
	var list []string
	for _, m := range regexp.MustCompile(`\b([a-z_0-9]+) (U?Int\d+|String|FixedString\(16\)|Array\((?:String|Int32)\))`).FindAllStringSubmatch(text[start:end], -1) {
		list = append(list, m[1]+" "+m[2])
	}
	return list
}

// TestSchemasAreAlike: a single server and a cluster have the same columns, whose types are of
// a short list. No column tells a time, and text stands in few. Seen to fail when one of them
// had a column more, and on a column "written DateTime".
func TestSchemasAreAlike(t *testing.T) {
	single, cluster := clickhouse.Migrations("single"), clickhouse.Migrations("cluster")
	if len(single) != len(cluster) {
		t.Fatalf("%d migrations of a single server, %d of a cluster", len(single), len(cluster))
	}
	texts := []string{"site String", "statistic String", "key1 String", "key2 String", "key3 String", "ledger String", "collector String",
		"statistics Array(String)", "nonce FixedString(16)", "seal FixedString(16)"}
	for i, text := range single {
		got, want := columns(t, text), columns(t, cluster[i])
		if !slices.Equal(got, want) || len(got) == 0 {
			t.Errorf("migration %d has the columns %v on a server, %v on a cluster", i+1, got, want)
		}
		for _, c := range got {
			if strings.Contains(c, "Str") && !slices.Contains(texts, c) {
				t.Errorf("migration %d: column %s may hold text", i+1, c)
			}
		}
		for _, one := range []string{text, cluster[i]} {
			if regexp.MustCompile(`(?i)date|uuid|ipv|\bnow\(`).MatchString(strings.Join(strings.Split(one, "\n")[1:], "\n")) {
				t.Errorf("migration %d has a column of a time or an address:\n%s", i+1, one)
			}
			if !strings.HasPrefix(one, "-- ") || strings.Contains(regexp.MustCompile(`(?m)^--.*\n`).ReplaceAllString(one, ""), ";") {
				t.Errorf("migration %d is not one statement below a comment", i+1)
			}
		}
		if !strings.Contains(cluster[i], "Replicated") || !strings.Contains(cluster[i], " on cluster oboro") {
			t.Errorf("migration %d of a cluster is not replicated, or not made on all of it", i+1)
		}
	}
}

// TestMeasuresAreColumns holds the order of the counters, which are written by their place.
func TestMeasuresAreColumns(t *testing.T) {
	var want []string
	for m := range statistic.Measures {
		want = append(want, statistic.Measure(m).String()+" Int64")
	}
	var shown []string
	for m := range statistic.Measures {
		if statistic.Measure(m).Shown() {
			shown = append(shown, want[m])
		}
	}
	for i, want := range [][]string{want, shown} {
		got := columns(t, clickhouse.Migrations("single")[i])
		if at := slices.Index(got, want[0]); at < 0 || !slices.Equal(got[at:at+len(want)], want) {
			t.Errorf("migration %d has the columns %v, want %v in this order: write a migration", i+1, got, want)
		}
	}
}

// TestStatementsAreWrittenAsAgreed holds the house style of SQL, and that each is used.
func TestStatementsAreWrittenAsAgreed(t *testing.T) {
	files, err := fs.Glob(clickhouse.Queries, "queries/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatalf("no statements are embedded: %v", err)
	}
	source := ""
	sources, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range sources {
		if !strings.HasSuffix(name, "_test.go") {
			source += read(t, name)
		}
	}
	for _, name := range files {
		text, err := fs.ReadFile(clickhouse.Queries, name)
		if err != nil {
			t.Fatal(err)
		}
		body := regexp.MustCompile(`(?m)^--.*\n`).ReplaceAllString(string(text), "")
		if !strings.HasPrefix(string(text), "-- ") || strings.ContainsAny(body, ";*") {
			t.Errorf("%s is not one statement below a comment that says what it is for, with its columns named", name)
		}
		of := regexp.MustCompile(`(\w+) += statement\("` + strings.TrimSuffix(filepath.Base(name), ".sql") + `"\)`).FindStringSubmatch(source)
		if of == nil || strings.Count(source, of[1]) < 2 {
			t.Errorf("%s is the text of no variable that is used", name)
		}
	}
}

// TestNoStatementReadsAClock: servers may have any time, since nothing that is stored, dropped or
// compared goes by it; the times of blocks are compared with each other alone. Seen to fail on a
// mark with today(), and on a column with a default of now().
func TestNoStatementReadsAClock(t *testing.T) {
	clock := regexp.MustCompile(`(?i)now\w*\(|today\(|yesterday\(|timestamp\b|\bttl\b|\b[cm]time\b|\w+_time\b|uptime`)
	texts := append(clickhouse.Migrations("single"), clickhouse.Migrations("cluster")...)
	files, err := fs.Glob(clickhouse.Queries, "queries/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatalf("no statements are embedded: %v", err)
	}
	for _, name := range files {
		if name != "queries/known_blocks.sql" {
			text, err := fs.ReadFile(clickhouse.Queries, name)
			if err != nil {
				t.Fatal(err)
			}
			texts = append(texts, string(text))
		}
	}
	for _, text := range texts {
		if found := clock.FindString(regexp.MustCompile(`(?m)^--.*\n`).ReplaceAllString(text, "")); found != "" {
			t.Errorf("a statement goes by a clock of the server, %q:\n%s", found, text)
		}
	}
}
