package statistic_test

import (
	"maps"
	"testing"

	"oboro/aggregator/statistic"
	"oboro/collector/hit"
)

// Each bound that a published measure rests on is told, and no other. Seen to fail when the
// bound of an hour was left out, and when views told no pages.
func TestCaps(t *testing.T) {
	for _, tt := range []struct {
		name     string
		by       []statistic.Dimension
		measures []statistic.Measure
		want     map[string]int
	}{
		{"visitor-days of a day", nil, []statistic.Measure{statistic.Visitors}, map[string]int{}},
		{"visits of a day, beside visitor-days", nil, []statistic.Measure{statistic.Visitors, statistic.Capped}, map[string]int{"V": 4}},
		{"visits by hour", []statistic.Dimension{hit.ByHour}, []statistic.Measure{statistic.Capped}, map[string]int{"V": 4, "V_hour": 2}},
		{"visitor-days by their first visit", []statistic.Dimension{hit.ByChannel}, []statistic.Measure{statistic.Arrivals}, map[string]int{}},
		{"visitor-days by page", []statistic.Dimension{hit.ByPage}, []statistic.Measure{statistic.Reach}, map[string]int{"C": 10}},
		{"views by page", []statistic.Dimension{hit.ByPage}, []statistic.Measure{statistic.CappedViews}, map[string]int{"C": 10, "M": 3}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := statistic.Statistic{Dimensions: tt.by, Reach: 10}
			for _, m := range tt.measures {
				s.Published = append(s.Published, statistic.Published{Measure: m})
			}
			if got := s.Caps(); !maps.Equal(got, tt.want) {
				t.Errorf("Caps() = %v, want %v", got, tt.want)
			}
		})
	}
}
