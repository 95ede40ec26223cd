package aggregator

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"oboro/aggregator/release"
	"oboro/aggregator/statistic"
)

// A meaning is what a statistic was counted by from a day on: the kind of hits, and the
// dimensions. The store keeps cells under the id alone; where another dimension has as many keys,
// those of both would be one table.
type meaning struct {
	By   string `json:"by"`
	From string `json:"from"` // first day on which hits were counted so
}

// meanings are those of each statistic that live hits were counted by, oldest first, in a file.
type meanings struct {
	path string // empty where none is kept
	of   map[string][]meaning
}

func openMeanings(path string) (meanings, error) {
	m := meanings{path, map[string][]meaning{}}
	if path == "" {
		return m, nil
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return m, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &m.of)
	}
	if err != nil {
		return m, fmt.Errorf("what statistics were counted by cannot be read: %w", err)
	}
	return m, nil
}

// meaningOf returns what a statistic is counted by, as "view: page, next".
func meaningOf(st *statistic.Statistic) string {
	if len(st.Dimensions) == 0 {
		return st.Of.String() + ": no dimension"
	}
	var names []string
	for _, d := range st.Dimensions {
		names = append(names, d.String())
	}
	return st.Of.String() + ": " + strings.Join(names, ", ")
}

// declare notes from which day on the statistics are counted by what they are declared with. It
// stands on the disk when it returns.
func (m *meanings) declare(all []*statistic.Statistic, day statistic.Day) error {
	next, changed := map[string][]meaning{}, false
	for id, list := range m.of {
		next[id] = list
	}
	for _, st := range all {
		list, by := next[st.ID], meaningOf(st)
		if n := len(list); n == 0 || list[n-1].By != by {
			next[st.ID], changed = append(list[:n:n], meaning{by, day.String()}), true
		}
	}
	if !changed || m.path == "" {
		return nil
	}
	text, err := json.MarshalIndent(next, "", " ")
	if err == nil {
		err = release.WriteFile(m.path, append(text, '\n'), 0o600)
	}
	if err != nil {
		return fmt.Errorf("note what statistics are counted by: %w", err)
	}
	m.of = next
	return nil
}

// changed returns what a statistic was counted by on a day in [from, to] that is not what it is
// declared with now, or nothing. The day of a change has both. Days are compared as text, in which
// the later one is the greater.
func (m *meanings) changed(st *statistic.Statistic, from, to statistic.Day) string {
	list := m.of[st.ID]
	for i, was := range list {
		over := i+1 < len(list) && list[i+1].From < from.String()
		if was.By != meaningOf(st) && was.From <= to.String() && !over {
			return was.By
		}
	}
	return ""
}
