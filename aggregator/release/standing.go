package release

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"path"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"oboro/aggregator/statistic"
)

// Checks is the number of what [Verify] checks of one data set. Data sets that were
// verified under another number are verified anew.
const Checks = 2

// A Standing is a data set that was published: what lists say of it, without its
// figures. It never changes.
type Standing struct {
	Table     Envelope `json:"table"`         // without rows, totals, days and parameters
	Files     Files    `json:"files"`         // by name, all that its folder has
	Days      string   `json:"days"`          // [DaysHash] of the days it was made of
	Withdrawn bool     `json:"withdrawn"`     // its figures were taken back
	Sum       *Sum     `json:"sum,omitempty"` // where its figures are sums over the period
}

// StandingOf returns what lists say of a data set whose files are given by name. The
// manifest must be signed by verifier, and sign the other files.
func StandingOf(name string, files map[string][]byte, verifier note.Verifier) (Standing, error) {
	var e Envelope
	if err := json.Unmarshal(files[TableJSON], &e); err != nil || e.Name != name {
		return Standing{}, errors.New("holds no table, or that of another folder")
	}
	text, err := open(files[ManifestOf], verifier)
	if err != nil {
		return Standing{}, fmt.Errorf("%s: %w", ManifestOf, err)
	}
	signed := map[string][]byte{}
	s := Standing{Table: e.brief(), Files: Files{}, Days: DaysHash(e.measured()), Withdrawn: e.withdrawn(), Sum: e.sum()}
	for file, content := range files {
		s.Files[file] = FileOf(content)
		if file != ManifestOf && file != ManifestSig {
			signed[file] = content
		}
	}
	if text != manifestOf(name, signed) {
		return Standing{}, fmt.Errorf("%s signs other files", ManifestOf)
	}
	return s, nil
}

// Record returns the record of the data set in the log.
func (s Standing) Record() Record {
	e := s.Table
	return Record{Dataset: e.Site + "/" + e.Statistic, Period: e.Period.Name, Version: e.Version, Manifest: s.Files[ManifestOf].SHA256}
}

// Hashes returns the SHA-256 of the files that were archived, by name.
func (s Standing) Hashes() map[string]string {
	hashes := map[string]string{}
	for name, file := range s.Files {
		if name != ManifestSig {
			hashes[name] = file.SHA256
		}
	}
	return hashes
}

// Bare returns the release without its figures, for what asks only which it is. st is the
// declaration of its statistic today.
func (s Standing) Bare(st *statistic.Statistic) Release {
	period, _ := ParsePeriod(s.Table.Period.Name) // it was checked
	return Release{statistic: st, site: s.Table.Site, period: period, version: s.Table.Version, rule: Rule{K: s.Table.Privacy.K}}
}

// brief returns the table without its figures.
func (e Envelope) brief() Envelope {
	e.Data, e.Totals, e.Days, e.Calibration = nil, nil, nil, nil
	e.Privacy = Privacy{K: e.Privacy.K, TotalRho: e.Privacy.TotalRho}
	e.Meta.Notes = nil
	return e
}

// withdrawn reports whether the table's figures were taken back.
func (e Envelope) withdrawn() bool {
	return len(e.Data) > 0 && e.Data[0].Status == Withdrawn
}

// measured returns the days of the table that were measured, with their reservations.
func (e Envelope) measured() []DayReserved {
	var days []DayReserved
	for _, d := range e.Days {
		if day, err := statistic.ParseDay(d.Day); err == nil && d.Status == Published {
			days = append(days, DayReserved{day, d.Reservation})
		}
	}
	return days
}

// A DayReserved is a measured day and the number of its reservation.
type DayReserved struct {
	Day         statistic.Day
	Reservation uint64
}

// DaysHash returns a hash that two tables share where they are made of the same
// measurements.
func DaysHash(days []DayReserved) string {
	var b strings.Builder
	for _, d := range days {
		fmt.Fprintf(&b, "%s %d\n", d.Day, d.Reservation)
	}
	return Hash([]byte(b.String()))
}

// Restore makes a release of a table that was published, to show it again. It is false
// where st is declared otherwise now: then there are no words for its figures.
func Restore(st *statistic.Statistic, e Envelope) (r Release, ok bool) {
	period, err := ParsePeriod(e.Period.Name)
	if err != nil || len(e.Query.Dimensions) != len(st.Dimensions) || len(e.Privacy.Measures) != len(st.Published) {
		return Release{}, false
	}
	for i, d := range st.Dimensions {
		if e.Query.Dimensions[i] != d.String() {
			return Release{}, false
		}
	}
	r = Release{
		statistic: st, site: e.Site, period: period, version: e.Version,
		erratum: e.Meta.Erratum, calibration: e.Calibration, rule: Rule{K: e.Privacy.K, Total: e.Privacy.TotalRho.Rat()}, sigma2: map[statistic.Measure]*big.Rat{},
	}
	measures := map[string]statistic.Measure{}
	for i, p := range st.Published {
		if m := e.Privacy.Measures[i]; m.Measure != PublicName(p.Measure) || m.Summed != p.Summed || m.Sigma2Sum.Rat() == nil {
			return Release{}, false
		}
		measures[PublicName(p.Measure)], r.sigma2[p.Measure] = p.Measure, e.Privacy.Measures[i].Sigma2Sum.Rat()
	}
	return r, r.restoreDays(e, measures) && r.restoreRows(e, measures)
}

func (r *Release) restoreDays(e Envelope, measures map[string]statistic.Measure) bool {
	for i, d := range e.Days {
		one := daily{Measured: Measured{Day: r.period.first + statistic.Day(i)}}
		if d.Status == Published || len(d.Sigma2) > 0 {
			one.Epochs, one.Imported, one.Reservation = d.Epochs, d.Imported, d.Reservation
			one.sigma2, one.filled = map[statistic.Measure]*big.Rat{}, d.Status != Published
		}
		for name, drawn := range d.Sigma2 {
			m, ok := measures[name]
			if !ok || drawn.Rat() == nil {
				return false
			}
			one.sigma2[m] = drawn.Rat()
		}
		r.days = append(r.days, one)
	}
	return len(r.days) == r.period.Days()
}

func (r *Release) restoreRows(e Envelope, measures map[string]statistic.Measure) bool {
	for _, row := range e.Data {
		f, ok := r.figureOf(row, measures)
		if !ok {
			return false
		}
		r.figures = append(r.figures, f)
	}
	if len(r.statistic.Dimensions) > 0 {
		return true
	}
	for _, p := range r.statistic.Published {
		f, ok := r.figureOf(e.Totals[PublicName(p.Measure)], measures)
		if !ok {
			return false
		}
		r.totals = append(r.totals, f)
	}
	return true
}

// figureOf reads a row as [Release.row] wrote it.
func (r *Release) figureOf(row EnvelopeRow, measures map[string]statistic.Measure) (Figure, bool) {
	keys := len(r.statistic.Dimensions)
	if len(row.Columns) < 2+keys {
		return Figure{}, false
	}
	start, err1 := statistic.ParseDay(row.Columns[0])
	end, err2 := statistic.ParseDay(row.Columns[1])
	f := Figure{Start: start, End: end, Status: row.Status, Measure: r.statistic.Published[0].Measure}
	f.Keys = row.Columns[2 : 2+keys : 2+keys]
	if keys == 0 {
		f.Keys = nil
	}
	if r.manyMeasures() {
		m, ok := measures[row.Columns[len(row.Columns)-1]]
		if !ok {
			return Figure{}, false
		}
		f.Measure = m
	}
	if err1 != nil || err2 != nil || f.Status != Published {
		return f, err1 == nil && err2 == nil
	}
	sigma2 := r.sigma2[f.Measure]
	if keys == 0 && start == end {
		if start < r.period.first || start > r.period.last {
			return Figure{}, false
		}
		sigma2 = r.days[start-r.period.first].sigma2[f.Measure]
	}
	if row.Raw == nil || sigma2 == nil {
		return Figure{}, false
	}
	return f.print(*row.Raw, sigma2), true
}

// Folder returns where the data set stands in a published folder.
func (s Standing) Folder() string { return path.Join(dataFolder, s.Table.Name) }
