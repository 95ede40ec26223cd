// Package table writes a [release.Table] as JSON, as CSV and as text for a
// terminal. The programming interface, the downloads and `oboro query` all write
// with it, so that they say the same.
//
// A measure that may not be shown is null in JSON and empty in CSV; folded is the
// number of cells that a row stands for, 0 for a row that stands for itself.
package table

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"io"
	"strconv"

	"oboro/aggregator/release"
	"oboro/aggregator/statistic"
)

// Unit is what is counted. A range longer than a day counts it too: a person who
// comes on two days counts twice.
const Unit = "visitor-day"

// Columns returns the names of the columns: bucket, dimensions, measures, folded.
// The hour is part of the bucket.
func Columns(st *statistic.Statistic) []string {
	columns := append([]string{"bucket"}, dimensions(st)...)
	for _, m := range st.Measures {
		columns = append(columns, m.String())
	}
	return append(columns, "folded")
}

func dimensions(st *statistic.Statistic) []string {
	var names []string
	for _, d := range st.Dimensions {
		if d != statistic.ByHour {
			names = append(names, d.String())
		}
	}
	return names
}

// WriteJSON writes t as one JSON object. Meters are rounded down to multiples of
// the table's k; nil writes none.
func WriteJSON(w io.Writer, t release.Table, meters map[string]int64) error {
	data := []json.RawMessage{}
	for _, r := range t.Rows() {
		data = append(data, object(t.Statistic(), r))
	}
	envelope := struct {
		Site      string            `json:"site"`
		Statistic string            `json:"statistic"`
		From      string            `json:"from"`
		To        string            `json:"to"`
		Unit      string            `json:"unit"`
		K         int64             `json:"k"`
		Grain     statistic.Grain   `json:"grain,omitempty"`    // week, where buckets are weeks
		LeftOut   []string          `json:"left_out,omitempty"` // weeks that the range cuts
		Data      []json.RawMessage `json:"data"`
		Meters    map[string]int64  `json:"meters"`
	}{Site: t.Site(), Statistic: t.Statistic().ID, From: t.From().String(), To: t.To().String(), Unit: Unit, K: t.K(),
		Data: data, Meters: Rounded(meters, t.K())}
	if st := t.Statistic(); st.Grain == statistic.Weekly {
		envelope.Grain = st.Grain
		for _, first := range t.LeftOut() {
			envelope.LeftOut = append(envelope.LeftOut, first.String())
		}
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(envelope)
}

// Rounded returns meters rounded down to multiples of k. With k 0 nothing may be
// shown, and all are 0.
func Rounded(meters map[string]int64, k int64) map[string]int64 {
	rounded := make(map[string]int64, len(meters))
	for reason, count := range meters {
		rounded[reason] = 0
		if k > 0 {
			rounded[reason] = count - count%k
		}
	}
	return rounded
}

// object writes a row with its fields in the order of the columns.
func object(st *statistic.Statistic, r release.Row) json.RawMessage {
	var b bytes.Buffer
	field := func(name string, value any) {
		sign := byte(',')
		if b.Len() == 0 {
			sign = '{'
		}
		b.WriteByte(sign)
		text, _ := json.Marshal(value) // of strings and integers: cannot fail
		b.WriteString(strconv.Quote(name) + ":")
		b.Write(text)
	}
	field("bucket", r.Bucket())
	for i, name := range dimensions(st) {
		field(name, r.Keys[i])
	}
	for _, m := range st.Measures {
		if count, shown := r.Count(m); shown {
			field(m.String(), count)
		} else {
			field(m.String(), nil)
		}
	}
	field("folded", r.Merged)
	b.WriteByte('}')
	return b.Bytes()
}

// WriteCSV writes t with a header line, UTF-8, lines ending in LF.
func WriteCSV(w io.Writer, t release.Table) error {
	out := csv.NewWriter(w)
	if err := out.Write(Columns(t.Statistic())); err != nil {
		return err
	}
	for _, r := range t.Rows() {
		if err := out.Write(cells(t.Statistic(), r, Harmless)); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// cells returns the row's texts; labels, which may come from attackers, pass
// through clean.
func cells(st *statistic.Statistic, r release.Row, clean func(string) string) []string {
	texts := []string{r.Bucket()}
	for i := range dimensions(st) {
		texts = append(texts, clean(r.Keys[i]))
	}
	for _, m := range st.Measures {
		text := ""
		if count, shown := r.Count(m); shown {
			text = strconv.FormatInt(count, 10)
		}
		texts = append(texts, text)
	}
	return append(texts, strconv.Itoa(r.Merged))
}

// Harmless puts an apostrophe before a text that a spreadsheet would take for a
// formula: labels come from attackers too.
func Harmless(text string) string {
	if text == "" {
		return text
	}
	switch text[0] {
	case '=', '+', '-', '@', '\t', '\r':
		return "'" + text
	}
	return text
}
