package release_test

import (
	"math/big"
	"slices"
	"strings"
	"testing"

	"oboro/aggregator/release"
	"oboro/aggregator/statistic"
)

// pages is published as the built-in statistic is, but for a few keys.
var pages = &statistic.Statistic{
	ID: "pages", Title: statistic.Text{JA: "ページ", EN: "Pages"}, Purpose: statistic.Text{JA: "知る。", EN: "Know."},
	Dimensions: []statistic.Dimension{statistic.ByPage}, Measures: []statistic.Measure{statistic.Visitors},
	Grain: statistic.Daily, Audience: statistic.Public, Reach: 10,
	Published: []statistic.Published{{Measure: statistic.Reach, Delta2: big.NewRat(10, 1), Sigma2: big.NewRat(1000, 3), Summed: true, Calibration: 2}},
}

// weekOfPages is a week whose third day was not measured and whose fifth had two states.
func weekOfPages() (release.Period, release.Summed) {
	week, err := release.ParsePeriod("2026-W46")
	if err != nil {
		panic(err)
	}
	var sum release.Summed
	for n := range statistic.Day(7) {
		s := release.Share{Day: week.First() + n, Epochs: 1, Reservation: uint64(10 + n), Sigma2: big.NewRat(1000, 21)}
		switch n {
		case 2:
			s.Filled, s.Epochs = true, 0
		case 4:
			s.Epochs, s.Sigma2 = 2, big.NewRat(1000*22, 21)
		}
		sum.Shares = append(sum.Shares, s)
	}
	for key, value := range map[string]int64{"/": 900, "/a": 215, "/b": 211, "/c": -3, "(calibration 01)": 4, "(calibration 02)": -80} {
		sum.Values = append(sum.Values, release.Measurement{Keys: []string{key}, Measure: statistic.Reach, Value: value, Sigma2: big.NewRat(4000, 3)})
	}
	slices.SortFunc(sum.Values, func(a, b release.Measurement) int { return strings.Compare(a.Keys[0], b.Keys[0]) })
	return week, sum
}

var pagesRule = release.Rule{K: 10, Today: 30000, Total: big.NewRat(3, 100)}

// TestSummed makes the table of a week with four times the variance: the threshold and the
// range are those of the sum that was drawn. Seen to fail when keys without hits stand in the
// table, when a filled day is called measured, and when the threshold is that of the declared variance.
func TestSummed(t *testing.T) {
	week, sum := weekOfPages()
	r, err := release.NewSummed(pages, "demo", week, sum, pagesRule)
	if err != nil {
		t.Fatal(err)
	}
	if tau, ok := r.Threshold(statistic.Reach); tau != 215 || !ok { // 9 + ceil(1 + 36.51 x 5.6120)
		t.Errorf("the threshold is %d, want 215", tau)
	}
	if !slices.Equal(r.Calibration(), []int64{4, -80}) || len(r.Totals()) != 0 || len(r.MeasuredDays()) != 6 {
		t.Errorf("calibration %v, %d totals, %d days measured; want 4 and -80, none, 6", r.Calibration(), len(r.Totals()), len(r.MeasuredDays()))
	}
	if got := r.NoisierDays(); !slices.Equal(got, []statistic.Day{week.First() + 4}) {
		t.Errorf("noisier days are %v, want that of two states", got)
	}
	var got []string
	for _, f := range r.Figures() {
		got = append(got, f.Keys[0]+" "+string(f.Status))
		if f.Keys[0] == "/a" && (f.Value != 220 || f.Low != 143 || f.High != 287 || f.Unit != 10) {
			t.Errorf("/a is %d (%d to %d) in units of %d, want 220 (143 to 287) in tens", f.Value, f.Low, f.High, f.Unit)
		}
	}
	if !slices.Equal(got, []string{"/ F", "/a F", "/b B", "/c B"}) {
		t.Errorf("the rows are %v", got)
	}
	e, err := r.Envelope(release.Edition{})
	if err != nil {
		t.Fatal(err)
	}
	if d := e.Days[2]; d.Status != release.Missing || d.Sigma2["visitors"].Rat().Cmp(big.NewRat(1000, 21)) != 0 || d.Epochs != 0 || d.Reservation != 12 {
		t.Errorf("the day that was filled in for is told as %+v", d)
	}
	if e.Privacy.Epochs != 2 || e.Period.Measured != 6 || e.Format != release.FormatSummed || !e.Privacy.Measures[0].Summed {
		t.Errorf("the table says %+v of its privacy, of %d days measured", e.Privacy, e.Period.Measured)
	}
	back, ok := release.Restore(pages, e)
	again, err := back.Envelope(release.Edition{})
	if !ok || err != nil || len(again.Data) != 4 || !slices.Equal(again.Calibration, e.Calibration) || again.Days[2].Status != release.Missing {
		t.Errorf("the table read again is %+v, %v", again, err)
	}
}

// TestSummedRefuses has one case for each refusal, and was seen to fail at each without it.
func TestSummedRefuses(t *testing.T) {
	for _, c := range []struct {
		name, want string
		change     func(s *release.Summed)
	}{
		{"a day without a share", "has given its share", func(s *release.Summed) { s.Shares = s.Shares[1:] }},
		{"a day twice", "not those of the days", func(s *release.Summed) { s.Shares[1] = s.Shares[0] }},
		{"a share without noise", "not those of the days", func(s *release.Summed) { s.Shares[1].Sigma2 = new(big.Rat) }},
		{"a measured day without a state", "not those of the days", func(s *release.Summed) { s.Shares[1].Epochs = 0 }},
		{"nothing measured", "no day of the period was measured", func(s *release.Summed) {
			for i := range s.Shares {
				s.Shares[i].Filled = true
			}
		}},
		{"less noise than two states need", "less noise", func(s *release.Summed) {
			s.Shares[4].Sigma2 = big.NewRat(4000, 21) // grown by itself
			for i := range s.Values {
				s.Values[i].Sigma2 = big.NewRat(10000, 21)
			}
		}},
		{"a value with other noise", "with other noise than its shares", func(s *release.Summed) { s.Values[0].Sigma2 = big.NewRat(1000, 3) }},
		{"another measure", "a sum of another measure", func(s *release.Summed) { s.Values[0].Measure = statistic.Visitors }},
		{"a key twice", "summed twice", func(s *release.Summed) { s.Values = append(s.Values, s.Values[5]) }},
		{"a key without hits that is missing", "a key without hits was not summed", func(s *release.Summed) { s.Values = s.Values[1:] }},
	} {
		week, sum := weekOfPages()
		c.change(&sum)
		if _, err := release.NewSummed(pages, "demo", week, sum, pagesRule); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
	week, sum := weekOfPages()
	late := pagesRule
	late.Today = week.Last()
	if _, err := release.NewSummed(pages, "demo", week, sum, late); err == nil || !strings.Contains(err.Error(), "not over") {
		t.Errorf("a week that is not over: %v", err)
	}
	daily := *pages
	daily.Published = slices.Clone(pages.Published)
	daily.Published[0].Summed = false
	if _, err := release.NewSummed(&daily, "demo", week, sum, pagesRule); err == nil || !strings.Contains(err.Error(), "measured by the day") {
		t.Errorf("a statistic that is not summed: %v", err)
	}
	if _, err := release.New(pages, "demo", week, nil, pagesRule); err == nil || !strings.Contains(err.Error(), "without labels") {
		t.Errorf("pages by the day: %v", err)
	}
}
