package main

import "slices"

// quiet is how much of a core other programs may use during a run that is called
// clean.
const quiet = 0.25

// A reading is what one round found: a figure, most often a ratio of two runs of
// that round, and how many cores other programs used meanwhile, at the worst.
type reading struct {
	value   float64
	foreign float64
}

func (r reading) clean() bool { return r.foreign < quiet }

// A series is the readings of one measure. Only its median counts: a base run that
// was starved gives ratios beyond all bounds, which a mean would follow.
type series []reading

func (s series) values() []float64 {
	var list []float64
	for _, r := range s {
		list = append(list, r.value)
	}
	return list
}

// clean returns the readings of undisturbed rounds.
func (s series) clean() series {
	var list series
	for _, r := range s {
		if r.clean() {
			list = append(list, r)
		}
	}
	return list
}

// enough is the number of clean rounds from which on their median is judged by.
const enough = 3

// judged returns the figure to go by: the median of the clean rounds, or of all
// where too few were clean.
func (s series) judged() float64 {
	if clean := s.clean(); len(clean) >= enough {
		return median(clean.values())
	}
	return median(s.values())
}

// median returns the middle of the values, or the mean of the two in the middle.
// There is at least one.
func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	half := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[half]
	}
	return (sorted[half-1] + sorted[half]) / 2
}

// ratio returns the reading of one pair of runs: ours over the base.
func ratio(ours, base reading) reading {
	return reading{ours.value / base.value, max(ours.foreign, base.foreign)}
}
