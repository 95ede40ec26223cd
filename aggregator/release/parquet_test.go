package release

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"testing"
)

// columnTable is a table with every kind of row: numbers at their ends, and none.
func columnTable() Envelope {
	e := Envelope{
		Query:   EnvelopeQuery{Dimensions: []string{"device"}},
		Privacy: Privacy{Measures: []MeasurePrivacy{{Measure: "visitors"}, {Measure: "visits"}}},
	}
	n := func(n int64) *int64 { return &n }
	for i := range int64(150) { // more than one buffer of rows
		row := EnvelopeRow{
			Columns: []string{"2026-10-01", "2026-10-31", fmt.Sprint("端末,\"", i), "visits"}, names: e.columns(),
			Value: n(i), Low: n(0), High: n(math.MaxInt64), Raw: n(math.MinInt64 + i), Status: Published, Release: "2026-10-r1",
		}
		if i%3 == 0 {
			row.Value, row.Low, row.High, row.Raw, row.Status = nil, nil, nil, nil, Small
		}
		e.Data = append(e.Data, row)
	}
	return e
}

// TestParquetHoldsTheRows reads back what was written, and holds that the same rows give
// the same bytes and other rows others. Seen to fail when numbers are written for rows
// without any, and when the columns are in the order of their names.
func TestParquetHoldsTheRows(t *testing.T) {
	e := columnTable()
	file, err := e.parquet()
	if err != nil {
		t.Fatal(err)
	}
	again, err := columnTable().parquet()
	if err != nil || !bytes.Equal(file, again) {
		t.Errorf("the same rows give other bytes, %v", err)
	}
	fields := fieldsOf(e.columns())
	records, err := readParquet(file, fields, len(e.Data))
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range e.Data {
		if !slices.Equal(records[i], r.record()) {
			t.Errorf("row %d is %q, want %q", i, records[i], r.record())
		}
	}
	if _, err := readParquet(file, fields, len(e.Data)+1); err == nil {
		t.Error("a file with a row too few is taken")
	}
	if _, err := readParquet(file, fieldsOf([]string{"period_start", "device", "period_end", "measure"}), len(e.Data)); err == nil {
		t.Error("a file with its columns in another order is taken")
	}
	var names []string
	for _, column := range schemaOf(fields).Columns() {
		names = append(names, column[0])
	}
	if want := append(e.columns(), figureColumns...); !slices.Equal(names, want) {
		t.Errorf("the columns are %v, want %v", names, want)
	}
}

// TestVerifyComparesColumns gives a folder whole Parquet files of other rows. Seen to fail
// when the rows are not compared.
func TestVerifyComparesColumns(t *testing.T) {
	e := columnTable()
	for _, c := range []struct {
		name, problem string
		change        func(e *Envelope)
	}{
		{"the same", "", func(*Envelope) {}},
		{"another measured number", "row 2 is not that of table.json", func(e *Envelope) { *e.Data[1].Raw++ }},
		{"a number where there is none", "row 1 is not that of table.json", func(e *Envelope) { e.Data[0].Value = e.Data[1].Value }},
		{"another key", "row 3 is not that of table.json", func(e *Envelope) { e.Data[2].Columns[2] = "x" }},
		{"another day", "row 3 is not that of table.json", func(e *Envelope) { e.Data[2].Columns[0] = "2026-10-02" }},
		{"a row less", "does not hold the rows of table.json", func(e *Envelope) { e.Data = e.Data[1:] }},
		{"other columns", "the columns are not those of table.csv", func(e *Envelope) {
			e.Query.Dimensions = []string{"browser"}
		}},
	} {
		other := columnTable()
		c.change(&other)
		file, err := other.parquet()
		if err != nil {
			t.Fatal(err)
		}
		v := &verification{files: map[string][]byte{"data/v1/x/" + TableParquet: file}}
		v.parquet("data/v1/x", e)
		got := ""
		for _, f := range v.report.Findings {
			got += f.Problem
		}
		if got != c.problem {
			t.Errorf("%s: findings %q, want %q", c.name, got, c.problem)
		}
	}
}

// TestDamagedParquet changes every fifth byte of a file, and cuts it there: what is
// read is an error or rows, and never ends the program. Seen to fail when readParquet
// does not recover, and with the race detector, which looks at pointers, when readRows does
// not look at the kind of a value.
func TestDamagedParquet(t *testing.T) {
	e := columnTable()
	e.Data = e.Data[:3]
	file, err := e.parquet()
	if err != nil {
		t.Fatal(err)
	}
	refused := 0
	for i := 0; i < len(file); i += 5 {
		for _, damaged := range [][]byte{flipped(file, i, 0), flipped(file, i, 7), file[:i]} {
			records, err := readParquet(damaged, fieldsOf(e.columns()), len(e.Data))
			if err != nil {
				refused++
			} else if len(records) != len(e.Data) {
				t.Fatalf("byte %d: %d rows and no error, want %d", i, len(records), len(e.Data))
			}
		}
	}
	if refused < len(file)/5 {
		t.Errorf("%d damaged files were refused, want at least all %d that were cut", refused, len(file)/5)
	}
}
