package i18n

import (
	"fmt"

	"oboro/aggregator/statistic"
)

var weekdays = [...]string{"日", "月", "火", "水", "木", "金", "土"}

// Day returns the day in words: 2026年11月22日（日）, 22 November 2026.
func (t *Texts) Day(day statistic.Day) string {
	date := day.Date()
	if t.lang == "ja" {
		return fmt.Sprintf("%d年%d月%d日（%s）", date.Year(), date.Month(), date.Day(), weekdays[date.Weekday()])
	}
	return date.Format("2 January 2006")
}

// Short returns the day without its year: 11月22日, 22 Nov.
func (t *Texts) Short(day statistic.Day) string {
	date := day.Date()
	if t.lang == "ja" {
		return fmt.Sprintf("%d月%d日", date.Month(), date.Day())
	}
	return date.Format("2 Jan")
}

// Range returns the days from and to in words, or one day where they are the same.
func (t *Texts) Range(from, to statistic.Day) string {
	if from == to {
		return t.Day(from)
	}
	return t.Say(RangeOfDays, t.Day(from), t.Day(to))
}
