package main

import (
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
)

// A bound is what a figure is held to. The zero one binds nothing.
type bound struct {
	set   bool
	least bool
	value float64
}

func atLeast(v float64) bound { return bound{true, true, v} }
func atMost(v float64) bound  { return bound{true, false, v} }

func (b bound) met(v float64) bool {
	if b.least {
		return v >= b.value
	}
	return v <= b.value
}

func (b bound) String() string {
	switch {
	case !b.set:
		return ""
	case b.least:
		return ">= " + short(b.value)
	}
	return "<= " + short(b.value)
}

// A row is one measure of the table.
type row struct {
	measure       string
	required, aim bound
	unit          string
	found         series
}

// verdict says whether the goal is reached.
func (r row) verdict() string {
	switch {
	case !r.required.set:
		return ""
	case len(r.found) == 0:
		return "not measured"
	case !r.required.met(r.found.judged()):
		return "SHORT"
	case !r.aim.met(r.found.judged()):
		return "pass"
	}
	return "pass, aim met"
}

func (r row) columns() []string {
	found, n, clean := "", "", ""
	if len(r.found) > 0 {
		values := r.found.values()
		found = strings.TrimSpace(fmt.Sprintf("%s [%s-%s] %s", short(median(values)), short(slices.Min(values)), short(slices.Max(values)), r.unit))
		n = fmt.Sprint(len(values))
		clean = "none"
	}
	if c := r.found.clean(); len(c) > 0 {
		clean = fmt.Sprintf("%s (%d)", short(median(c.values())), len(c))
	}
	return []string{r.measure, r.required.String(), r.aim.String(), found, n, clean, r.verdict()}
}

// short writes a figure with three digits or more.
func short(v float64) string {
	switch {
	case v >= 100 || v == 0:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	case v >= 0.1:
		return fmt.Sprintf("%.2f", v)
	}
	return fmt.Sprintf("%.3f", v)
}

// A report is what a run has found.
type report struct {
	rows  []row
	notes []string
}

// add adds a row, unless it has neither a figure nor a goal.
func (r *report) add(one row) {
	if one.required.set || len(one.found) > 0 {
		r.rows = append(r.rows, one)
	}
}

func (r *report) note(format string, args ...any) {
	r.notes = append(r.notes, fmt.Sprintf(format, args...))
}

// skip says that something was not measured.
func (r *report) skip(what, why string) {
	r.note("NOT MEASURED: %s: %s.", what, why)
}

// print writes the table, and how disturbed the run was.
func (r *report) print(w io.Writer) {
	if len(r.rows) > 0 {
		t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		fmt.Fprintln(t, "measure\trequired\taim\tmedian [min-max]\tn\tclean (n)\tverdict")
		for _, one := range r.rows {
			fmt.Fprintln(t, strings.Join(one.columns(), "\t"))
		}
		t.Flush()
		fmt.Fprintf(w, "\nClean: other programs used less than %.2f of a core during all runs of the round. The verdict goes by the\n"+
			"median of the clean rounds where there are %d or more, else by the median of all.\n", quiet, enough)
	}
	r.printNoise(w)
	for _, note := range r.notes {
		fmt.Fprintln(w, note)
	}
}

func (r *report) printNoise(w io.Writer) {
	var foreign []float64
	for _, one := range r.rows {
		if one.required.set {
			for _, f := range one.found {
				if !math.IsNaN(f.foreign) {
					foreign = append(foreign, f.foreign)
				}
			}
		}
	}
	if len(foreign) > 0 {
		fmt.Fprintf(w, "Noise: other programs used %s cores (median), %s at the worst, by the worse run of each pair.\n",
			short(median(foreign)), short(slices.Max(foreign)))
	}
}

// say tells how far the run is.
func (b *bench) say(format string, args ...any) {
	fmt.Fprintf(os.Stderr, format+"\n", args...)
}
