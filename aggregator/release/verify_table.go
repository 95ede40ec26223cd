package release

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"

	"oboro/aggregator/statistic"
)

// table checks the files of one data set against each other and against what they
// say of themselves.
func (v *verification) table(folder string) {
	at := folder + "/" + TableJSON
	var e Envelope
	if err := e.decode(v.files[at]); err != nil {
		v.found(at, "is not a table")
		return
	}
	t := &tableCheck{e: e, found: func(format string, args ...any) { v.found(at, format, args...) }}
	if !t.identity(strings.TrimPrefix(folder, dataFolder)) || !t.privacy() || !v.form(at, e) || !t.days() {
		return
	}
	t.parameters()
	if e.summed() {
		v.summedTable(folder, at, e)
	}
	v.withdrawal(at, e)
	t.rows()
	t.totals()
	v.formats(folder, e)
	v.reserved(at, e)
	v.tables[folder] = e.brief()
}

func (e *Envelope) decode(file []byte) error { return json.Unmarshal(file, e) }

// A tableCheck checks one table.json. Its steps report whether the next can be
// taken.
type tableCheck struct {
	e      Envelope
	found  func(format string, args ...any)
	period Period
	sigma2 map[string]*big.Rat            // of sums over the period, by measure
	daily  map[string]map[string]*big.Rat // of days, by day and measure
}

func (t *tableCheck) identity(name string) bool {
	e := t.e
	if e.Format != 0 && e.Format != Format && e.Format != FormatSummed {
		t.found("has format %d, which this program does not know", e.Format)
		return false
	}
	period, err := ParsePeriod(e.Period.Name)
	if err != nil {
		t.found("is of no calendar period")
		return false
	}
	t.period = period
	if e.Name != name || e.Name != fmt.Sprintf("%s/%s/%s/%d", e.Site, e.Statistic, period, e.Version) {
		t.found("says it is another table than its folder")
		return false
	}
	if e.Period.Start != period.first.String() || e.Period.End != period.last.String() ||
		e.Period.Days != period.Days() || e.Query.Cadence != period.cadence {
		t.found("the period's days are not those of %s", period)
	}
	taken, err := statistic.ParseDay(e.TakenAt)
	if err != nil || !period.Ended(taken) {
		t.found("was published before its period was over")
	}
	return true
}

// privacy checks that the budget follows from the noise.
func (t *tableCheck) privacy() bool {
	p := t.e.Privacy
	rho := new(big.Rat)
	for _, m := range p.Measures {
		delta2, sigma2, own := m.Delta2.Rat(), m.Sigma2.Rat(), m.Rho.Rat()
		if delta2 == nil || sigma2 == nil || own == nil || sigma2.Sign() <= 0 || m.Sigma2Sum.Rat() == nil {
			t.found("%s: a parameter is missing", m.Measure)
			return false
		}
		if (statistic.Published{Delta2: delta2, Sigma2: sigma2}).Rho().Cmp(own) != 0 {
			t.found("%s: rho is not delta2 / (2 sigma2)", m.Measure)
		}
		rho.Add(rho, own)
	}
	if one := p.MeasurePrivacy; one != nil && len(p.Measures) == 1 {
		one.Rho = p.Measures[0].Rho // the shorter name is the table's
		if *one != p.Measures[0] {
			t.found("the parameters of the table are not those of its measure")
		}
	}
	own, total := p.Rho.Rat(), p.TotalRho.Rat()
	if len(p.Measures) == 0 || own == nil || total == nil {
		t.found("the budget is missing")
		return false
	}
	if own.Cmp(rho) != 0 {
		t.found("rho is not the sum over the measures")
	}
	if total.Cmp(own) < 0 || total.Cmp(Limit()) > 0 {
		t.found("rho of all tables is below that of this one or above 0.03")
	}
	if p.Mechanism != "discrete-gaussian" || p.Adjacency != "add-remove" || p.Delta != Delta {
		t.found("names another mechanism, adjacency or delta")
	}
	if p.Epsilon != upTo(4, Epsilon(own)) || p.TotalEps != upTo(4, Epsilon(total)) {
		t.found("epsilon does not follow from rho")
	}
	if t.e.Format >= 2 && (p.Exact != upTo(4, EpsilonExact(own)) || p.TotalExact != upTo(4, EpsilonExact(total))) {
		t.found("the exact epsilon does not follow from rho and delta")
	}
	return true
}

// days checks the days of the period and adds up the noise that was drawn.
func (t *tableCheck) days() bool {
	e := t.e
	if len(e.Days) != t.period.Days() {
		t.found("says nothing of some day of the period")
		return false
	}
	t.sigma2, t.daily = map[string]*big.Rat{}, map[string]map[string]*big.Rat{}
	for _, m := range e.Privacy.Measures {
		t.sigma2[m.Measure] = new(big.Rat)
	}
	measured, epochs := 0, 1
	for i, d := range e.Days {
		if day := t.period.first + statistic.Day(i); d.Day != day.String() {
			t.found("the days are not those of the period")
			return false
		}
		if d.Status == Missing && len(d.Sigma2) == 0 {
			continue
		}
		if d.Status == Published {
			measured, epochs = measured+1, max(epochs, d.Epochs)
		}
		if err := t.day(d); err != nil {
			t.found("%s: %v", d.Day, err)
			return false
		}
	}
	if measured != e.Period.Measured || epochs != e.Privacy.Epochs {
		t.found("the number of measured days or of epochs is not that of the days")
	}
	return true
}

func (t *tableCheck) day(d EnvelopeDay) error {
	filled := t.e.summed() && d.Status == Missing && d.Epochs == 0 && !d.Imported // it gave the noise alone
	if !filled && (d.Status != Published || d.Epochs < 1) || d.Reservation == 0 {
		return errors.New("a measured day has epochs and a reservation")
	}
	t.daily[d.Day] = map[string]*big.Rat{}
	for measure, drawn := range d.Sigma2 {
		sigma2, sum := drawn.Rat(), t.sigma2[measure]
		if sigma2 == nil || sum == nil {
			return errors.New("noise of a measure that the table does not have")
		}
		sum.Add(sum, sigma2)
		t.daily[d.Day][measure] = sigma2
	}
	for _, m := range t.e.Privacy.Measures {
		if m.Summed {
			continue // a share has less: the sum is compared, by the ledger's word
		}
		least := new(big.Rat).Mul(m.Sigma2.Rat(), big.NewRat(int64(d.Epochs)*int64(d.Epochs), 1))
		if s := t.daily[d.Day][m.Measure]; s != nil && s.Cmp(least) < 0 {
			return errors.New("less noise than declared was drawn")
		}
	}
	return nil
}

func (t *tableCheck) keyed() bool { return len(t.e.Query.Dimensions) > 0 }

// threshold returns the smallest value that the table may print of a measure.
func (t *tableCheck) threshold(name string, sigma2 *big.Rat) int64 {
	m, _ := statistic.ParseMeasure(name) // one that is none was found before
	return threshold(t.e.Privacy.K, mostInCell(m, t.e.Query.Dimensions), sigma2)
}

// parameters checks what follows from the noise: its sum, the rounding and the
// threshold.
func (t *tableCheck) parameters() {
	for _, m := range t.e.Privacy.Measures {
		sum := t.sigma2[m.Measure]
		if m.Sigma2Sum.Rat().Cmp(sum) != 0 {
			t.found("%s: sigma2_sum is not the sum of the noise of the days", m.Measure)
		}
		if m.Rounding != Unit(sum) {
			t.found("%s: the rounding does not follow from the noise", m.Measure)
		}
		want := int64(0)
		if t.keyed() && sum.Sign() > 0 {
			want = t.threshold(m.Measure, sum)
		}
		if m.Tau != want {
			t.found("%s: tau does not follow from k and the noise", m.Measure)
		}
	}
	if t.keyed() && t.e.Privacy.K < 3 {
		t.found("k is below 3")
	}
}

// measureOf returns the measure of a row.
func (t *tableCheck) measureOf(r EnvelopeRow) string {
	if n := len(r.names); n > 0 && r.names[n-1] == "measure" {
		return r.Columns[n-1]
	}
	return t.e.Privacy.Measures[0].Measure
}

func (t *tableCheck) rows() {
	seen, columns := map[string]bool{}, t.e.columns()
	for i, r := range t.e.Data {
		if !slices.Equal(r.names, columns) {
			t.found("row %d: other columns than the table's", i+1)
			continue
		}
		id := joined(r.Columns)
		if seen[id] {
			t.found("row %d: a key comes twice", i+1)
		}
		seen[id] = true
		if err := t.row(r); err != nil {
			t.found("row %d: %v", i+1, err)
		}
	}
	if want := t.period.Days() * len(t.e.Privacy.Measures); !t.keyed() && len(t.e.Data) != want {
		t.found("has not one row for each day and measure")
	}
}

func (t *tableCheck) row(r EnvelopeRow) error {
	sigma2 := t.sigma2[t.measureOf(r)]
	measured := sigma2 != nil && sigma2.Sign() > 0
	if !t.keyed() {
		day := r.Columns[0]
		if r.Columns[1] != day {
			return errors.New("is not of one day")
		}
		sigma2, measured = t.daily[day][t.measureOf(r)], t.daily[day][t.measureOf(r)] != nil
	} else if r.Columns[0] != t.e.Period.Start || r.Columns[1] != t.e.Period.End {
		return errors.New("is not of the whole period")
	}
	return t.figure(r, sigma2, measured)
}

// figure checks the numbers of a row against its status and its noise.
func (t *tableCheck) figure(r EnvelopeRow, sigma2 *big.Rat, measured bool) error {
	if r.Release != fmt.Sprintf("%s-r%d", t.period, t.e.Version) {
		return errors.New("names another release")
	}
	if r.Status != Published {
		switch {
		case r.Value != nil || r.Low != nil || r.High != nil || r.Raw != nil:
			return errors.New("shows a number but is not published")
		case r.Status == Small && (!t.keyed() || !measured):
			return errors.New("is called small where nothing is compared")
		case r.Status == Missing && !t.keyed() && measured:
			return errors.New("is called not measured on a measured day")
		case r.Status != Small && r.Status != Missing && r.Status != Withdrawn:
			return errors.New("has no status")
		}
		return nil
	}
	if !measured || r.Value == nil || r.Low == nil || r.High == nil || r.Raw == nil {
		return errors.New("is called published but lacks a number or a measurement")
	}
	want := Figure{}.print(*r.Raw, sigma2)
	if want.Value != *r.Value || want.Low != *r.Low || want.High != *r.High {
		return errors.New("value or range do not follow from what was measured")
	}
	if t.keyed() && *r.Raw < t.threshold(t.measureOf(r), sigma2) {
		return errors.New("is published below the threshold")
	}
	return nil
}

// totals checks that the sums are those of the rows.
func (t *tableCheck) totals() {
	sums := map[string]int64{}
	for _, r := range t.e.Data {
		if len(r.names) > 0 && r.Raw != nil {
			sums[t.measureOf(r)] += *r.Raw
		}
	}
	for measure, r := range t.e.Totals {
		sigma2 := t.sigma2[measure]
		measured := sigma2 != nil && sigma2.Sign() > 0
		if err := t.figure(r, sigma2, measured); err != nil || t.keyed() {
			t.found("the total of %s does not follow from the table: %v", measure, err)
		} else if r.Raw != nil && *r.Raw != sums[measure] {
			t.found("the total of %s is not the sum of its rows", measure)
		}
	}
}

// formats checks that the other files of the data set hold the same table.
func (v *verification) formats(folder string, e Envelope) {
	plain, sheet := folder+"/"+TableCSV, folder+"/"+TableExcel
	records, err := csv.NewReader(bytes.NewReader(v.files[plain])).ReadAll()
	if err != nil || len(records) != len(e.Data)+1 {
		v.found(plain, "does not hold the rows of %s", TableJSON)
		return
	}
	for i, r := range e.Data {
		if i == 0 && !slices.Equal(records[0], append(slices.Clone(r.names), figureColumns...)) {
			v.found(plain, "the columns are not those of %s", TableJSON)
		}
		if !slices.Equal(records[i+1], r.record()) {
			v.found(plain, "row %d is not that of %s", i+1, TableJSON)
		}
	}
	if !bytes.Equal(v.files[sheet], excel(v.files[plain])) {
		v.found(sheet, "is not %s with byte order mark and CRLF", TableCSV)
	}
	v.dataPackage(folder, e, records[0])
	if e.Format >= 2 {
		v.readmes(folder, e)
		v.parquet(folder, e)
	}
}

func (v *verification) dataPackage(folder string, e Envelope, columns []string) {
	at := folder + "/" + DataPackage
	var p dataPackage
	if err := json.Unmarshal(v.files[at], &p); err != nil {
		v.found(at, "is not a data package")
		return
	}
	paths := map[string]bool{TableCSV: false, TableExcel: false, TableJSON: false}
	if e.Format >= 2 {
		paths[TableParquet] = false
	}
	for _, r := range p.Resources {
		file, ok := v.files[folder+"/"+r.Path]
		if !ok || r.Bytes != len(file) || r.Hash != "sha256:"+Hash(file) {
			v.found(at, "resource %s is not the file of that name", r.Name)
		}
		paths[r.Path] = true
		if r.Schema == nil {
			continue
		}
		var names []string
		for _, f := range r.Schema.Fields {
			names = append(names, f.Name)
		}
		if !slices.Equal(names, columns) {
			v.found(at, "the fields of %s are not its columns", r.Name)
		}
	}
	if slices.Contains(slices.Collect(maps.Values(paths)), false) {
		v.found(at, "does not name every table")
	}
}
