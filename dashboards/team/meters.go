package team

import (
	"cmp"
	"html/template"
	"maps"
	"slices"

	"oboro/dashboards/chart"
	"oboro/dashboards/i18n"
)

// kept is the reason of what was counted, and bot that of programs of all kinds.
const (
	kept = "kept"
	bot  = "bot"
	// centre is a part of what was counted: from servers for rent.
	centre = "data-centre"
)

// reasons are the words of all meters, in the order that those of one size stand
// in: a test holds them against the collector's. All are named on the page, so that
// it does not tell a meter that is 0 from one that is less than k.
var reasons = []string{
	kept, "objection", bot, "prefetch", "undeclared", "shed", "backlog", "rate", "over-cap", "late", "unknown-site", "address",
	"page", "body", "url", "event", "too-large", "format", "method", "status", "asset",
	"no-view", "other-site", "time", "comment", "scanner", "referrer-spam",
}

// parts are the kinds of programs, each a part of "bot": no sum counts them again.
var parts = []string{
	"bot-search", "bot-ai", "bot-preview", "bot-feed", "bot-monitor", "bot-seo", "bot-ads", "bot-archive", "bot-tool", "bot-scanner", "bot-other",
}

// beyond are the reasons that mean a loss: what would have been counted, had there
// been room.
var beyond = []string{"shed", "backlog", "rate", "over-cap", "late"}

// A metersView is the meters as a chart and a table.
type metersView struct {
	Finding string
	SVG     template.HTML
	Rows    []meterRow
	Rest    string // names how many reasons below k there are
	Below   []entry
	Note    string
}

// A meterRow is one reason: of the site, as a share of it, and without a site.
type meterRow struct {
	Label, Meaning string
	Site, Share    gridCell
	Nowhere        gridCell
}

// metersView returns the view of rounded meters, or nil where none reached k.
func (c chrome) metersView(q Quality) *metersView {
	above, below := split(q)
	if len(above) == 0 {
		return nil
	}
	sum := sumOf(q.Meters)
	v := metersView{Finding: c.metersFinding(q.Meters, sum), Note: c.Say(i18n.MetersHow, c.K)}
	bars := chart.Bars{ID: "meters-chart", Title: c.Say(i18n.QualityMeters), Desc: v.Finding}
	for _, reason := range above {
		n := q.Meters[reason]
		row := meterRow{Label: c.T.Reason(reason), Meaning: c.T.Meaning(reason), Site: c.about(n), Nowhere: c.about(q.Nowhere[reason])}
		if n > 0 {
			row.Share = gridCell{Text: percent(c.T, n, sum)}
		}
		if n > 0 && wholeOf(reason) == reason {
			bars.Rows = append(bars.Rows, chart.Bar{Label: row.Label, Value: n, Text: row.Site.Text})
		}
		v.Rows = append(v.Rows, row)
	}
	if len(bars.Rows) > 0 {
		v.SVG = bars.SVG()
	}
	for _, reason := range below {
		v.Below = append(v.Below, entry{c.T.Reason(reason), c.T.Meaning(reason)})
	}
	v.Rest = c.Say(i18n.MetersRest, c.K, len(below))
	return &v
}

// split returns the reasons of which the site or the installation has at least k,
// the most of the site first and the parts of one behind it, and the others.
func split(q Quality) (above, below []string) {
	all := slices.Clone(reasons)
	for _, more := range []map[string]int64{q.Meters, q.Nowhere} {
		for _, reason := range slices.Sorted(maps.Keys(more)) {
			if wholeOf(reason) == reason && !slices.Contains(all, reason) {
				all = append(all, reason)
			}
		}
	}
	above, below = splitOf(q, all)
	for _, part := range []struct {
		of  string
		all []string
	}{{bot, parts}, {kept, []string{centre}}} {
		kinds, few := splitOf(q, part.all)
		above, below = slices.Insert(above, slices.Index(above, part.of)+1, kinds...), append(below, few...)
	}
	return above, below
}

// splitOf is split of some reasons.
func splitOf(q Quality, reasons []string) (above, below []string) {
	for _, reason := range reasons {
		if q.Meters[reason]+q.Nowhere[reason] > 0 {
			above = append(above, reason)
		} else {
			below = append(below, reason)
		}
	}
	slices.SortStableFunc(above, func(a, b string) int {
		return cmp.Or(cmp.Compare(q.Meters[b], q.Meters[a]), cmp.Compare(q.Nowhere[b], q.Nowhere[a]))
	})
	return above, below
}

// wholeOf returns the reason that one is a part of: itself, where it is none.
func wholeOf(reason string) string {
	switch {
	case slices.Contains(parts, reason):
		return bot
	case reason == centre:
		return kept
	}
	return reason
}

func sumOf(meters map[string]int64) int64 {
	var sum int64
	for reason, n := range meters {
		if wholeOf(reason) == reason {
			sum += n
		}
	}
	return sum
}

// about returns a rounded meter in words.
func (c chrome) about(n int64) gridCell {
	if n == 0 {
		return gridCell{Text: c.Say(i18n.FewerThan, c.K), Words: true}
	}
	return gridCell{Text: c.Say(i18n.AboutNumber, n)}
}

// metersFinding says what part was counted, and what most of the rest was: never a
// kind of bot, which is no more than all bots, whose word comes first.
func (c chrome) metersFinding(meters map[string]int64, sum int64) string {
	most := ""
	for _, reason := range slices.Sorted(maps.Keys(meters)) {
		if wholeOf(reason) != kept && meters[reason] > meters[most] {
			most = reason
		}
	}
	counted := percent(c.T, meters[kept], sum)
	switch {
	case sum == 0:
		return c.Say(i18n.MetersEmpty, c.K)
	case most == "":
		return c.Say(i18n.MetersAll, sum, meters[kept], counted, c.K)
	}
	return c.Say(i18n.MetersFinding, sum, meters[kept], counted, c.T.Reason(most), meters[most], percent(c.T, meters[most], sum))
}
