package release

import (
	"bytes"
	"embed"
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"text/template"

	"oboro/aggregator/statistic"
)

// The descriptions of a data set for people.
const (
	ReadmeJA = "README.ja.md"
	ReadmeEN = "README.en.md"
)

//go:embed templates/readme.*.md
var readmes embed.FS

var readmeTemplates = template.Must(template.New("").Funcs(template.FuncMap{
	"line": oneLine, "fraction": Ratio.String,
}).ParseFS(readmes, "templates/*"))

// oneLine keeps what a configuration says within its paragraph.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// String returns the number as 1/990, or 495 where it is whole.
func (r Ratio) String() string {
	if rat := r.Rat(); rat != nil {
		return rat.RatString()
	}
	return "-"
}

// A readme is what both descriptions are made of: the envelope, and what follows from
// it. They say nothing that table.json does not hold.
type readme struct {
	Envelope
	AgencyIn    statistic.Text
	ReleaseName string
	Before      int // the version before
	Fields      []tableField
	Parameters  []string // rows of a table, one for each measure
	Incidents   []incident
}

// An incident is what was not as usual, and on which days.
type incident struct {
	Text statistic.Text
	Days string
}

// readmes returns the descriptions by name of file.
func (e Envelope) readmes(agency statistic.Text) map[string][]byte {
	d := readme{
		Envelope: e, AgencyIn: agency, ReleaseName: fmt.Sprintf("%s-r%d", e.Period.Name, e.Version), Before: e.Version - 1,
		Fields: fieldsOf(e.columns()), Parameters: e.parameterRows(), Incidents: e.incidents(),
	}
	files := map[string][]byte{}
	for name, text := range map[string]string{ReadmeJA: "readme.ja.md", ReadmeEN: "readme.en.md"} {
		var b bytes.Buffer
		if err := readmeTemplates.ExecuteTemplate(&b, text, d); err != nil {
			panic("release: the template of a description does not fit its data") // the same for every table
		}
		files[name] = b.Bytes()
	}
	return files
}

// columns returns the names of the columns before the figure. Files call capped
// visits visits: the cap is a parameter, not another thing that is counted.
func (e Envelope) columns() []string {
	names := append([]string{"period_start", "period_end"}, e.Query.Dimensions...)
	if len(e.Query.Dimensions) == 0 || len(e.Privacy.Measures) > 1 {
		names = append(names, "measure")
	}
	return names
}

// parameterRows writes the parameters of each measure, the same in both languages.
func (e Envelope) parameterRows() []string {
	var rows []string
	for _, m := range e.Privacy.Measures {
		tau := "-"
		if m.Tau > 0 {
			tau = strconv.FormatInt(m.Tau, 10)
		}
		rows = append(rows, fmt.Sprintf("| %s | %s | %s | %s | %s | %d | %s |",
			m.Measure, m.Delta2, m.Sigma2, m.Rho, m.Sigma2Sum, m.Rounding, tau))
	}
	return rows
}

// incidents lists the days that were not measured, came from a log, had several lives
// of the visitor state, or were marked and drawn with twice the variance.
func (e Envelope) incidents() []incident {
	var list []incident
	for _, kind := range []struct {
		text statistic.Text
		is   func(d EnvelopeDay) bool
	}{
		{statistic.Text{JA: "測定のない日: ", EN: "Not measured: "}, func(d EnvelopeDay) bool { return d.Status != Published }},
		{statistic.Text{JA: "アクセスログから取り込んだ日: ", EN: "Imported from access logs: "}, func(d EnvelopeDay) bool { return d.Imported }},
		{statistic.Text{JA: "訪問者の状態が複数あった日（かっこ内はその数、分散は2乗倍）: ", EN: "Several lives of the visitor state (their number; variance times its square): "},
			func(d EnvelopeDay) bool { return d.Epochs > 1 }},
		{statistic.Text{JA: "受け付けの上限に達した日（分散は2倍）: ", EN: "Marked, because a bound on what is taken in was met (twice the variance): "}, e.marked},
	} {
		if days := e.daysThat(kind.is); days != "" {
			list = append(list, incident{kind.text, days})
		}
	}
	return list
}

// marked reports whether more noise was drawn on a day than its epochs ask for.
func (e Envelope) marked(d EnvelopeDay) bool {
	for _, m := range e.Privacy.Measures {
		drawn, declared := d.Sigma2[m.Measure].Rat(), m.Sigma2.Rat()
		if drawn == nil || declared == nil || d.Status != Published {
			continue
		}
		factor := big.NewRat(int64(d.Epochs)*int64(d.Epochs), 1)
		if m.Summed { // 1/n, and all that epochs add
			factor.Sub(factor, big.NewRat(int64(e.Period.Days)-1, int64(e.Period.Days)))
		}
		if drawn.Cmp(new(big.Rat).Mul(declared, factor)) > 0 {
			return true
		}
	}
	return false
}

// daysThat lists days of the period; with epochs, where a day has several.
func (e Envelope) daysThat(is func(EnvelopeDay) bool) string {
	var parts []string
	var run []statistic.Day
	end := func() {
		if len(run) > 0 {
			parts, run = append(parts, listed(run)), nil
		}
	}
	for _, d := range e.Days {
		day, err := statistic.ParseDay(d.Day)
		if err != nil || !is(d) {
			continue
		}
		if d.Epochs > 1 {
			end()
			parts = append(parts, fmt.Sprintf("%s (%d)", d.Day, d.Epochs))
			continue
		}
		run = append(run, day)
	}
	end()
	return strings.Join(parts, ", ")
}

// readmes checks that the descriptions of a data set name what its table says: its
// release, columns, parameters, incidents, licences and citation. Their other words may
// change with the program, and a data set stays as it was published.
func (v *verification) readmes(folder string, e Envelope) {
	for name, citation := range map[string]string{ReadmeJA: e.Meta.Citation.JA, ReadmeEN: e.Meta.Citation.EN} {
		at := folder + "/" + name
		file, ok := v.files[at]
		if !ok {
			v.found(at, "is missing")
			continue
		}
		facts := append(e.parameterRows(), oneLine(citation), e.Period.Start, e.Period.End, e.Privacy.Rho.String(), e.Privacy.TotalRho.String())
		for _, f := range fieldsOf(e.columns()) {
			facts = append(facts, "| `"+f.Name+"` | "+f.Type+" |")
		}
		for _, incident := range e.incidents() {
			facts = append(facts, incident.Days)
		}
		for _, l := range e.Meta.Licences {
			facts = append(facts, "]("+l.Path+")")
		}
		for _, fact := range facts {
			if !bytes.Contains(file, []byte(fact)) {
				v.found(at, "does not say %q, as %s does", fact, TableJSON)
			}
		}
	}
}
