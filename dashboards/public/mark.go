package public

import (
	"fmt"
	"html/template"
	"math/big"
	"strings"

	"oboro/aggregator/release"
	"oboro/aggregator/statistic"
)

// mark returns a figure in words, in an element that says for programs which figure of
// which table it is. So whoever checks the folder can hold pages against tables.
func (w words) mark(e edition, f release.Figure) template.HTML {
	value := ""
	if f.Status == release.Published {
		value = fmt.Sprintf(`%d" data-low="%d" data-high="%d`, f.Value, f.Low, f.High)
	}
	key := template.HTMLEscapeString(strings.Join(f.Keys, " / "))
	return template.HTML(fmt.Sprintf(
		`<data class="figure" value="%s" data-status="%s" data-table="%s" data-measure="%s" data-key="%s" data-start="%s" data-end="%s">%s</data>`,
		value, f.Status, e.Name(), release.PublicName(f.Measure), key, f.Start, f.End, markup(w.figure(f))))
}

// sigma2 returns the variance of the noise in a sum over the period, as published.
func (e edition) sigma2(m statistic.Measure) *big.Rat {
	for _, p := range e.table.Privacy.Measures {
		if p.Measure == release.PublicName(m) {
			return p.Sigma2Sum.Rat()
		}
	}
	return nil
}

// withdrawn reports whether all figures were taken back.
func (e edition) withdrawn() bool {
	for _, f := range e.Figures() {
		if f.Status != release.Withdrawn {
			return false
		}
	}
	return true
}

// measuredWhole reports whether every day of the period was measured.
func (e edition) measuredWhole() bool { return len(e.MeasuredDays()) == e.Period().Days() }

// isRest reports whether keys name what is left over, and no thing of its own. It is
// never ranked.
func isRest(keys []string) bool {
	for _, key := range keys {
		switch key {
		case statistic.Other, statistic.Unlisted, statistic.UnknownValue, statistic.OtherTag:
			return true
		}
	}
	return false
}
