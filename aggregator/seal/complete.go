package seal

import (
	"errors"
	"fmt"

	"oboro/aggregator/statistic"
	"oboro/aggregator/store"
)

// ErrIncomplete says that what is to be sealed is not all there, or does not go together.
// Nothing is reserved then and nothing drawn: once noise is on it, a table that lost some of
// its cells on the way looks like any other.
var ErrIncomplete = errors.New("the cells are not complete")

// Complete returns nil where nothing is missing for the seal of a day, or of the week that begins
// with it, and else ErrIncomplete with what is.
func (s *Sealer) Complete(d Day, grain statistic.Grain) error { return s.complete(sealing{d, grain}) }

// complete holds the cells of a day to what the catalogue declares: every statistic is there,
// was counted by what it is declared with all the time, each cell has its keys, and, within one epoch, those statistics of which every visitor-day
// is in one cell agree on how many there were. (What was declared anew within the day has an
// epoch of its own, and counts less; in a week it may begin with any of its days.)
func (s *Sealer) complete(d sealing) error {
	var first *statistic.Statistic
	var want int64
	for _, st := range s.Catalogue.All() {
		cells, ok := d.Cells[st.ID]
		if !ok {
			if st.Grain != d.grain {
				continue
			}
			return incomplete(st, "it was not counted")
		}
		if was := s.countedBy(d, st); was != "" && len(cells) > 0 {
			return incomplete(st, fmt.Sprintf("within it, it was counted by other dimensions (%s)", was))
		}
		visitors, err := checked(st, cells)
		switch {
		case err != nil:
			return err
		case d.Epochs > 1 || st.Overlaps() || st.Grain != d.grain || d.grain == statistic.Weekly:
		case first == nil:
			first, want = st, visitors
		case st.Of != first.Of: // of other hits, so of other visitor-days
		case visitors != want:
			return incomplete(st, fmt.Sprintf("it has not the visitor-days that %s has", first.ID))
		}
	}
	if _, ok := d.Cells[store.Meters]; !ok && d.grain == statistic.Daily {
		return fmt.Errorf("meters: they were not counted: %w", ErrIncomplete)
	}
	return nil
}

// countedBy returns what the live hits of a statistic were counted by within the day or week, if
// that is not what it is declared with. What an import counts is of one declaration.
func (s *Sealer) countedBy(d sealing, st *statistic.Statistic) string {
	if s.Changed == nil || d.Imported {
		return ""
	}
	return s.Changed(st, d.Day.Day, d.grain.End(d.Day.Day))
}

// checked returns the visitor-days of a statistic's cells. No key is ever told: it may be a
// label.
func checked(st *statistic.Statistic, cells []store.Cell) (int64, error) {
	var visitors int64
	for _, c := range cells {
		if len(c.Keys) != len(st.Dimensions) {
			return 0, incomplete(st, "a cell has not a key for each dimension")
		}
		visitors += c.Counts[statistic.Visitors]
	}
	if len(st.Published) > 0 && st.Label() < 0 {
		if _, err := within(st, st.Domain(nil), cells); err != nil {
			return 0, errors.Join(err, ErrIncomplete)
		}
		return visitors, nil
	}
	for i, d := range st.Dimensions {
		if words := statistic.Values(d); len(words) > 0 && !areOf(words, cells, i) {
			return 0, incomplete(st, fmt.Sprintf("a cell has a key that is none of %s", d))
		}
	}
	return visitors, nil
}

// areOf reports whether the keys of a dimension are all of the closed list of its words: those of
// a collector that is declared otherwise may not be.
func areOf(words []string, cells []store.Cell, dimension int) bool {
	known := make(map[string]bool, len(words))
	for _, word := range words {
		known[word] = true
	}
	for _, c := range cells {
		if !known[c.Keys[dimension]] {
			return false
		}
	}
	return true
}

func incomplete(st *statistic.Statistic, why string) error {
	return fmt.Errorf("statistic %s: %s: %w", st.ID, why, ErrIncomplete)
}
