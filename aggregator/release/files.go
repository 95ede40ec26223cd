package release

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"oboro/aggregator/statistic"
)

// The files of a data set.
const (
	TableCSV    = "table.csv"
	TableExcel  = "table-excel.csv"
	TableJSON   = "table.json"
	DataPackage = "datapackage.json"
	ManifestOf  = "manifest.note"
)

// figureColumns are the last columns of every table.
var figureColumns = []string{"value", "ci95_low", "ci95_high", "measured", "status", "release"}

// Files returns the files of the data set by name, all but the manifest. The same
// release and edition give the same bytes.
func (r Release) Files(e Edition) (map[string][]byte, error) {
	envelope, err := r.Envelope(e)
	if err != nil {
		return nil, fmt.Errorf("release %s: %w", r.Name(), err)
	}
	files := map[string][]byte{TableJSON: indented(envelope)}
	files[TableCSV] = envelope.csv()
	files[TableExcel] = excel(files[TableCSV])
	if files[TableParquet], err = envelope.parquet(); err != nil {
		return nil, fmt.Errorf("release %s: %w", r.Name(), err)
	}
	files[DataPackage] = indented(r.dataPackage(e, files, envelope.columns()))
	maps.Copy(files, envelope.readmes(e.Agency))
	return files, nil
}

func indented(v any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetIndent("", " ")
	if err := enc.Encode(v); err != nil {
		panic("release: a table cannot be written as JSON") // strings and integers always can
	}
	return b.Bytes()
}

// IndentedList returns an object as JSON, whose first empty list is a field of it and has those
// entries. Lists of a folder have tens of thousands: each is written by itself.
func IndentedList(of any, entries iter.Seq[any]) []byte {
	head, tail, _ := bytes.Cut(indented(of), []byte("[]"))
	out := bytes.NewBuffer(append(head[:len(head):len(head)], '['))
	sep := "\n  "
	for entry := range entries {
		text, err := json.MarshalIndent(entry, "  ", " ")
		if err != nil {
			panic("release: a list cannot be written as JSON") // strings and integers always can
		}
		out.WriteString(sep)
		out.Write(text)
		sep = ",\n  "
	}
	if sep[0] == ',' {
		out.WriteString("\n ")
	}
	out.WriteByte(']')
	out.Write(tail)
	return out.Bytes()
}

// manyMeasures reports whether rows say which measure they are of.
func (r Release) manyMeasures() bool {
	return len(r.statistic.Dimensions) == 0 || len(r.statistic.Published) > 1
}

// PublicName returns the name of a measure in published files.
func PublicName(m statistic.Measure) string {
	switch m {
	case statistic.Capped:
		return statistic.Visits.String()
	case statistic.CappedViews:
		return statistic.Views.String()
	case statistic.Reach, statistic.Arrivals:
		return statistic.Visitors.String()
	}
	return m.String()
}

// ReleaseName is what the column release says: period and version.
func (r Release) ReleaseName() string { return fmt.Sprintf("%s-r%d", r.period, r.version) }

func (r Release) row(f Figure, columns []string) EnvelopeRow {
	row := EnvelopeRow{Status: f.Status, Release: r.ReleaseName(), names: columns}
	row.Columns = append([]string{f.Start.String(), f.End.String()}, f.Keys...)
	if r.manyMeasures() {
		row.Columns = append(row.Columns, PublicName(f.Measure))
	}
	if f.Status == Published {
		row.Value, row.Low, row.High, row.Raw = &f.Value, &f.Low, &f.High, &f.Measured
	}
	return row
}

// csv writes the rows: UTF-8, LF, one header row.
func (e Envelope) csv() []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.Write(append(e.columns(), figureColumns...)) // to a buffer: cannot fail
	for _, row := range e.Data {
		w.Write(row.record())
	}
	w.Flush()
	return b.Bytes()
}

// record returns the row as CSV fields.
func (r EnvelopeRow) record() []string {
	record := slices.Clone(r.Columns)
	for _, n := range []*int64{r.Value, r.Low, r.High, r.Raw} {
		field := ""
		if n != nil {
			field = strconv.FormatInt(*n, 10)
		}
		record = append(record, field)
	}
	return append(record, string(r.Status), r.Release)
}

// excel returns the table as Japanese spreadsheets expect it: byte order mark, CRLF.
func excel(table []byte) []byte {
	return append([]byte("\ufeff"), bytes.ReplaceAll(table, []byte("\n"), []byte("\r\n"))...)
}

// Envelope returns the table as table.json holds it.
func (r Release) Envelope(e Edition) (Envelope, error) {
	st := r.statistic
	out := Envelope{
		Format: Format, Name: r.Name(), Version: r.version, Site: r.site, Agency: e.Agency.JA, Statistic: st.ID,
		Period: EnvelopePeriod{
			Name: r.period.name, Start: r.period.first.String(), End: r.period.last.String(), Timezone: e.Timezone,
			Days: r.period.Days(), Measured: len(r.MeasuredDays()),
		},
		Unit: "visitor-day", TakenAt: e.Day.String(),
		Query: EnvelopeQuery{Dimensions: []string{}, Caps: st.Caps(), Cadence: r.period.cadence},
		Meta: EnvelopeMeta{
			Name: st.Title.EN, Description: st.Purpose.EN, Title: st.Title, Purpose: st.Purpose,
			Licences: e.Licences, Citation: r.citation(e), Notes: r.notes(), Erratum: r.erratum,
		},
		Totals: map[string]EnvelopeRow{}, Calibration: r.Calibration(), Ledger: &e.Ledger,
	}
	if r.Summed() {
		out.Format = FormatSummed
	}
	for _, d := range st.Dimensions {
		out.Query.Dimensions = append(out.Query.Dimensions, d.String())
	}
	for _, p := range st.Published {
		out.Query.Measures = append(out.Query.Measures, PublicName(p.Measure))
	}
	var err error
	if out.Privacy, err = r.privacy(); err != nil {
		return Envelope{}, err
	}
	columns := out.columns()
	for _, f := range r.figures {
		out.Data = append(out.Data, r.row(f, columns))
	}
	for _, f := range r.totals {
		out.Totals[PublicName(f.Measure)] = r.row(f, columns)
	}
	out.Days, err = r.envelopeDays()
	return out, err
}

func (r Release) privacy() (Privacy, error) {
	p := Privacy{Mechanism: "discrete-gaussian", Adjacency: "add-remove", Delta: Delta, Epochs: 1}
	if len(r.statistic.Dimensions) > 0 {
		p.K = r.rule.K
	}
	for _, d := range r.days {
		p.Epochs = max(p.Epochs, d.Epochs)
	}
	rho := new(big.Rat)
	for _, declared := range r.statistic.Published {
		rho.Add(rho, declared.Rho())
		m, err := r.measurePrivacy(declared)
		if err != nil {
			return Privacy{}, err
		}
		p.Measures = append(p.Measures, m)
	}
	if len(p.Measures) == 1 {
		p.MeasurePrivacy = &p.Measures[0]
	}
	var err, err2 error
	p.Rho, err = ratio(rho)
	p.TotalRho, err2 = ratio(r.rule.Total)
	p.Epsilon, p.TotalEps = upTo(4, Epsilon(rho)), upTo(4, Epsilon(r.rule.Total))
	p.Exact, p.TotalExact = upTo(4, EpsilonExact(rho)), upTo(4, EpsilonExact(r.rule.Total))
	return p, cmp.Or(err, err2)
}

func (r Release) measurePrivacy(p statistic.Published) (m MeasurePrivacy, err error) {
	m.Measure, m.Summed = PublicName(p.Measure), p.Summed
	sum := r.sigma2[p.Measure]
	for _, x := range []struct {
		to   *Ratio
		from *big.Rat
	}{{&m.Delta2, p.Delta2}, {&m.Sigma2, p.Sigma2}, {&m.Rho, p.Rho()}, {&m.Sigma2Sum, sum}} {
		if *x.to, err = ratio(x.from); err != nil {
			return m, err
		}
	}
	m.Rounding = Unit(sum)
	m.Tau, _ = r.Threshold(p.Measure)
	return m, nil
}

func (r Release) envelopeDays() ([]EnvelopeDay, error) {
	var days []EnvelopeDay
	for _, d := range r.days {
		if len(d.sigma2) == 0 {
			days = append(days, EnvelopeDay{Day: d.Day.String(), Status: Missing})
			continue
		}
		day := EnvelopeDay{
			Day: d.Day.String(), Status: Published, Epochs: d.Epochs, Imported: d.Imported,
			Reservation: d.Reservation, Sigma2: map[string]Ratio{},
		}
		if d.filled {
			day.Status = Missing
		}
		for m, s := range d.sigma2 {
			drawn, err := ratio(s)
			if err != nil {
				return nil, err
			}
			day.Sigma2[PublicName(m)] = drawn
		}
		days = append(days, day)
	}
	return days, nil
}

func (r Release) citation(e Edition) statistic.Text {
	return statistic.Text{
		JA: fmt.Sprintf("%s「%s」（%s、%s、公表番号 %s、%s 公表）", e.Agency.JA, r.statistic.Title.JA, r.site, r.period, r.ReleaseName(), e.Day),
		EN: fmt.Sprintf("%s, %s (%s, %s), release %s, published %s", e.Agency.EN, r.statistic.Title.EN, r.site, r.period, r.ReleaseName(), e.Day),
	}
}

// notes says what a reader of the numbers must know.
func (r Release) notes() []statistic.Text {
	notes := []statistic.Text{
		{JA: "件数は訪問者・日（一つのブラウザの一日）です。期間の合計は、異なる訪問者の数ではありません。",
			EN: "Counts are visitor-days (one browser on one day). A sum over the period is not a number of different visitors."},
		{JA: "内訳の合計は、個別に誤差を加えているため全体と一致しません。",
			EN: "Parts need not add up, because each figure is protected separately."},
	}
	if r.Summed() {
		notes = append(notes, statistic.Text{
			JA: "一つの訪問者・日は複数のページに数えられるため、合計は全体の数ではありません。期間が始まる前に登録されていたページだけを数えています。",
			EN: "One visitor-day counts for several pages, so that their sum is no total. Only pages that were declared before the period began are counted.",
		})
	}
	for _, n := range []struct {
		days []statistic.Day
		text statistic.Text
	}{
		{r.missingDays(), statistic.Text{JA: "測定のない日: ", EN: "Days not measured: "}},
		{r.ImportedDays(), statistic.Text{JA: "アクセスログから取り込んだ日: ", EN: "Days imported from access logs: "}},
		{r.NoisierDays(), statistic.Text{JA: "宣言より大きな誤差を加えた日: ", EN: "Days drawn with more noise than declared: "}},
	} {
		if len(n.days) > 0 {
			list := listed(n.days)
			notes = append(notes, statistic.Text{JA: n.text.JA + list, EN: n.text.EN + list})
		}
	}
	return notes
}

func (r Release) missingDays() []statistic.Day {
	return r.daysWhere(func(d daily) bool { return !d.measured() })
}

// listed writes days, runs of them as first/last (ISO 8601 intervals).
func listed(days []statistic.Day) string {
	var parts []string
	for i := 0; i < len(days); i++ {
		first := days[i]
		for i+1 < len(days) && days[i+1] == days[i]+1 {
			i++
		}
		part := first.String()
		if days[i] != first {
			part += "/" + days[i].String()
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, ", ")
}
