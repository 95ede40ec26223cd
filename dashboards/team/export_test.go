package team

import (
	"maps"
	"slices"

	"oboro/dashboards/i18n"
)

// Change and Percent are the sentences of counts.
var (
	Change  = func(lang string, now, before int64) string { return change(i18n.For(lang), now, before) }
	Percent = func(lang string, part, whole int64) string { return percent(i18n.For(lang), part, whole) }
)

// Patterns returns the patterns of all routes.
func Patterns(c Config) []string { return slices.Sorted(maps.Keys((&server{Config: c}).routes())) }
