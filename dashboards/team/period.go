package team

import (
	"net/url"
	"strconv"
	"time"

	"oboro/aggregator/statistic"
	"oboro/dashboards/i18n"
)

// A period is the days from From to To, both included.
type period struct{ From, To statistic.Day }

// longest is the most days that one page shows: sealed cells are not kept longer.
const longest = 800

// days returns the number of days.
func (p period) days() int { return int(p.To-p.From) + 1 }

// before returns the period of the same length that ends where p begins.
func (p period) before() period {
	return period{p.From - statistic.Day(p.days()), p.From - 1}
}

// values returns the period as parameters of an address.
func (p period) values() url.Values {
	return url.Values{"from": {p.From.String()}, "to": {p.To.String()}}
}

// periodOf reads from and to; without them it is the last 30 days before today.
func periodOf(q url.Values, today statistic.Day) (period, bool) {
	p := last(30, today)
	for _, end := range []struct {
		name string
		day  *statistic.Day
	}{{"to", &p.To}, {"from", &p.From}} {
		text := q.Get(end.name)
		if text == "" {
			continue
		}
		day, err := statistic.ParseDay(text)
		if err != nil { // it quotes the text, and is not repeated
			return period{}, false
		}
		*end.day = day
		if end.name == "to" {
			p.From = day - 29
		}
	}
	return p, p.From <= p.To && p.days() <= longest
}

// last returns the n days before today.
func last(n int, today statistic.Day) period {
	return period{today - statistic.Day(n), today - 1}
}

// A preset is a period that has a name.
type preset struct {
	name string
	period
}

// presets returns the periods that a team reports by. Those that are not over end
// yesterday, since today is not sealed.
func presets(t *i18n.Texts, today statistic.Day) []preset {
	date := today.Date()
	month := dayOf(date.Year(), date.Month())
	year := date.Year()
	if date.Month() < time.April {
		year--
	}
	fiscal := dayOf(year, time.April)
	return []preset{
		{t.Say(i18n.PresetToday), period{today, today}},
		{t.Say(i18n.PresetDays, 7), last(7, today)},
		{t.Say(i18n.PresetDays, 30), last(30, today)},
		{t.Say(i18n.PresetThisMonth), period{month, max(month, today-1)}},
		{t.Say(i18n.PresetLastMonth), period{dayOf(date.Year(), date.Month()-1), month - 1}},
		{t.Say(i18n.PresetFiscal, strconv.Itoa(year)), period{fiscal, max(fiscal, today-1)}},
		{t.Say(i18n.PresetFiscal, strconv.Itoa(year-1)), period{dayOf(year-1, time.April), fiscal - 1}},
	}
}

// presets returns links to a page for the periods that have a name.
func (c chrome) presets(path string, current period) []link {
	var links []link
	for _, preset := range presets(c.T, c.now) {
		links = append(links, link{Text: preset.name, URL: c.url(path, preset.values()), Current: preset.period == current})
	}
	return links
}

// dayOf returns the first day of a month; months beyond the year are carried over.
func dayOf(year int, month time.Month) statistic.Day {
	return statistic.Day(time.Date(year, month, 1, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}
