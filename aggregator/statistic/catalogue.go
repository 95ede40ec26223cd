package statistic

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"

	"oboro/collector/hit"
)

//go:embed catalogue.yaml
var builtin []byte

// A Catalogue is the list of enabled statistics, in the order they are declared.
type Catalogue struct {
	statistics []*Statistic
	plan       hit.Plan
	source     Source
}

// visitCap is the number of visits of one visitor-day that count for publication
// (V of the disclosure control).
const visitCap = 4

// LongestRetention is how many months sealed cells can be declared to be kept.
const LongestRetention = 25

// LeastK is the smallest k that can be declared.
const LeastK = 3

// Built returns the built-in statistics, without those whose ids are in off, with
// what the given sources of the same form add.
func Built(off []string, more ...[]byte) (*Catalogue, error) {
	return Source{Texts: append([][]byte{builtin}, more...), Off: off}.Read()
}

// A Source is all that a catalogue is made of.
type Source struct {
	Texts [][]byte // files of the catalogue's form
	Off   []string // ids of statistics that are not enabled
}

// Read returns the catalogue.
func (s Source) Read() (*Catalogue, error) {
	var all []*Statistic
	for i, text := range s.Texts {
		list, err := parse(text)
		if err != nil {
			return nil, fmt.Errorf("catalogue %d: %w", i, err)
		}
		all = append(all, list...)
	}
	c, err := enable(all, s.Off)
	if c != nil {
		c.source = s
	}
	return c, err
}

// Source returns what the catalogue was made of.
func (c *Catalogue) Source() Source { return c.source }

func enable(all []*Statistic, off []string) (*Catalogue, error) {
	known := map[string]bool{}
	for _, st := range all {
		if known[st.ID] {
			return nil, fmt.Errorf("statistic %q is declared twice", st.ID)
		}
		known[st.ID] = true
	}
	disabled := map[string]bool{}
	for _, id := range off {
		if !known[id] {
			return nil, fmt.Errorf("statistic %q cannot be switched off: there is none of that name", id)
		}
		disabled[id] = true
	}
	c := &Catalogue{}
	for _, st := range all {
		if !disabled[st.ID] {
			c.statistics = append(c.statistics, st)
		}
	}
	return c, errors.Join(c.checkTables(), c.checkCrossings(), c.checkSources(), c.makePlan(), c.checkBudget())
}

// checkTables refuses two tables of one dimension: they could be folded
// differently, and one would then tell what the other hides.
func (c *Catalogue) checkTables() error {
	tables := map[string]string{}
	for _, st := range c.statistics {
		table := st.Of.String() + " by " + hit.Of(st.Dimensions...).String()
		if first, ok := tables[table]; ok {
			return fmt.Errorf("statistic %q counts the same as %q; switch one off", st.ID, first)
		}
		tables[table] = st.ID
	}
	return nil
}

// checkSources refuses more than visitors by source beside channels of the same hits. A
// visit has one of each, so that visits of a channel, less those of its sources that are
// shown, would be what is folded; visitors of several sources do not add up.
func (c *Catalogue) checkSources() error {
	for _, st := range c.statistics {
		if !slices.Equal(st.Dimensions, []hit.Dimension{hit.BySource}) || len(st.Measures) == 1 {
			continue
		}
		for _, other := range c.statistics {
			if other.Of == st.Of && slices.Equal(other.Dimensions, []hit.Dimension{hit.ByChannel}) {
				return fmt.Errorf("statistic %q: beside %q, sources count visitors alone; take its other measures out or switch one off", st.ID, other.ID)
			}
		}
	}
	return nil
}

// makePlan collects what the enabled statistics need: the details, the kinds of
// hit, and one first-seen set for each kind and set of varying dimensions.
func (c *Catalogue) makePlan() error {
	c.plan = hit.Plan{Visits: visitCap}
	for _, st := range c.statistics {
		c.plan.Kinds[st.Of] = true
		c.plan.Kinds[hit.Engaged] = c.plan.Kinds[hit.Engaged] || st.Has(Seconds)
		c.plan.Computes |= hit.Of(st.Dimensions...)
		st.set = -1
		want := hit.Set{Of: st.Of, By: st.Varying(), Cap: st.Reach}
		for i, set := range c.plan.Sets {
			if set == want {
				st.set = i
			}
		}
		if st.set < 0 {
			st.set = len(c.plan.Sets)
			c.plan.Sets = append(c.plan.Sets, want)
		}
	}
	if len(c.plan.Sets) > 32 {
		return errors.New("the catalogue needs more than 32 kinds of first time; switch some statistics off")
	}
	return nil
}

// budget is what all published figures together may spend on one visitor-day. The
// ledger holds every seal to it; here it is refused before a day is lost to that.
var budget = big.NewRat(3, 100)

func (c *Catalogue) checkBudget() error {
	sum := new(big.Rat)
	for _, st := range c.statistics {
		for _, p := range st.Published {
			sum.Add(sum, p.Rho())
		}
	}
	if sum.Cmp(budget) > 0 {
		return fmt.Errorf("what is published spends %s of the %s that one visitor-day allows; raise sigma2 or publish less",
			sum.FloatString(4), budget.FloatString(2))
	}
	return nil
}

// Plan returns what the collector is to compute for the catalogue.
func (c *Catalogue) Plan() hit.Plan { return c.plan }

// All returns the enabled statistics.
func (c *Catalogue) All() []*Statistic { return c.statistics }

// Off returns the ids of the statistics that are declared and switched off, each once.
func (c *Catalogue) Off() []string {
	return slices.Compact(slices.Sorted(slices.Values(c.source.Off)))
}

// Find returns the enabled statistic of that id.
func (c *Catalogue) Find(id string) (*Statistic, bool) {
	for _, st := range c.statistics {
		if st.ID == id {
			return st, true
		}
	}
	return nil, false
}

// declared is a statistic as it stands in a catalogue file.
type declared struct {
	ID         string   `yaml:"id"`
	Title      Text     `yaml:"title"`
	Purpose    Text     `yaml:"purpose"`
	Of         string   `yaml:"of"`
	Dimensions []string `yaml:"dimensions"`
	Measures   []string `yaml:"measures"`
	Grain      Grain    `yaml:"grain"`
	Retention  whole    `yaml:"retention"`
	K          whole    `yaml:"k"`
	Reach      whole    `yaml:"reach"`
	Audience   Audience `yaml:"audience"`
	Published  []struct {
		Measure string `yaml:"measure"`
		Delta2  whole  `yaml:"delta2"`
		Sigma2  whole  `yaml:"sigma2"`
	} `yaml:"published"`
}

// A whole is a whole number, written as one: the parser alone would cut 2.9 to 2.
type whole int64

// UnmarshalYAML reads the number.
func (w *whole) UnmarshalYAML(text []byte) error {
	n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	if err != nil {
		return fmt.Errorf("%s is no whole number", bytes.TrimSpace(text))
	}
	*w = whole(n)
	return nil
}

func parse(source []byte) ([]*Statistic, error) {
	var list []declared
	decoder := yaml.NewDecoder(bytes.NewReader(source), yaml.Strict())
	if err := decoder.Decode(&list); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	var all []*Statistic
	for _, d := range list {
		st, err := d.statistic()
		if err != nil {
			return nil, fmt.Errorf("statistic %q: %w", d.ID, err)
		}
		all = append(all, st)
	}
	return all, nil
}

var idGrammar = regexp.MustCompile(`^[a-z][a-z0-9-]{0,39}$`)

func (d declared) statistic() (*Statistic, error) {
	st := &Statistic{
		ID: d.ID, Title: d.Title, Purpose: d.Purpose, Grain: d.Grain, Months: int(d.Retention),
		K: int64(d.K), Reach: uint8(max(d.Reach, 1)), Audience: d.Audience,
	}
	if d.Reach < 0 || d.Reach > 255 {
		return nil, errors.New("reach is 1 to 255 cells")
	}
	if d.Of != "" {
		kind, ok := hit.ParseKind(d.Of)
		if !ok || kind == hit.Engaged {
			return nil, fmt.Errorf("of: %q is neither view nor not-found", d.Of)
		}
		st.Of = kind
	}
	for _, name := range d.Dimensions {
		dim, ok := hit.ParseDimension(name)
		if !ok {
			return nil, fmt.Errorf("there is no dimension %q", name)
		}
		st.Dimensions = append(st.Dimensions, dim)
	}
	for _, name := range d.Measures {
		m, ok := ParseMeasure(name)
		if !ok {
			return nil, fmt.Errorf("there is no measure %q", name)
		}
		st.Measures = append(st.Measures, m)
	}
	for _, p := range d.Published {
		m, ok := ParseMeasure(p.Measure)
		if !ok || p.Delta2 < 1 || p.Sigma2 < 1 {
			return nil, fmt.Errorf("published %q: a known measure, delta2 and sigma2 of at least 1 are needed", p.Measure)
		}
		st.Published = append(st.Published, Published{m, big.NewRat(int64(p.Delta2), 1), big.NewRat(int64(p.Sigma2), 1)})
	}
	return st, st.check()
}

// check refuses what would break a promise rather than guess what was meant.
func (s *Statistic) check() error {
	switch {
	case !idGrammar.MatchString(s.ID):
		return errors.New("an id is lower-case letters, digits and hyphens, beginning with a letter")
	case s.Title.JA == "" || s.Title.EN == "" || s.Purpose.JA == "" || s.Purpose.EN == "":
		return errors.New("title and purpose are needed in ja and en: they stand in the privacy notice")
	case len(s.Measures) == 0 || s.Measures[0] != Visitors:
		return errors.New("measures begin with visitors: every threshold is one of visitor-days")
	case s.Grain != Daily:
		return fmt.Errorf("grain: %q is not day", s.Grain)
	case s.Months < 1 || s.Months > LongestRetention:
		return fmt.Errorf("retention is 1 to %d months", LongestRetention)
	case s.K != 0 && s.K < LeastK:
		return fmt.Errorf("k is at least %d", LeastK)
	case s.Has(Seconds) && s.Of != hit.View:
		return fmt.Errorf("%s is measured of views alone", Seconds)
	case slices.Contains(s.Dimensions, hit.ByNext):
		return s.checkNext()
	case len(s.Dimensions) > 1:
		return errors.Join(s.checkCrossed(), s.checkPublished())
	}
	return s.checkPublished()
}

// checkNext refuses all forms of a statistic by next page but one. Its pairs of pages
// are folded as one label, which is safe for visitor-days: one may be in several
// pairs, so they cannot be taken off those of the page. Views could, and exits with
// them, and would then tell what is folded.
func (s *Statistic) checkNext() error {
	switch {
	case s.Of != hit.View || !slices.Equal(s.Dimensions, []hit.Dimension{hit.ByPage, hit.ByNext}):
		return errors.New("next is a dimension of views, as dimensions: [page, next]")
	case len(s.Measures) > 1:
		return errors.New("by next page visitors alone are counted: other measures would tell what is folded")
	}
	return s.checkPublished()
}

func (s *Statistic) checkPublished() error {
	if len(s.Published) == 0 {
		if s.Audience != Team {
			return errors.New("audience is team where nothing is published")
		}
		return nil
	}
	if s.Audience != Public {
		return errors.New("audience is public where something is published")
	}
	// Of pages only those that a site declares may ever be published. A statistic knows no site's
	// pages, so by them it publishes nothing: what a release may hold is the list that Domain gives.
	if s.Label() >= 0 {
		return errors.New("pages, sources and networks are texts from outside, which are not published")
	}
	if s.Varying()&^hit.Of(hit.ByChannel) != 0 {
		return errors.New("only statistics without campaign and hour can be published: one visitor-day would count in several cells")
	}
	if len(s.Domain()) == 0 {
		return fmt.Errorf("there is no list of all values by %s, so it cannot be published", hit.Of(s.Dimensions...))
	}
	least := map[Measure]int64{Visitors: 1, Capped: visitCap * visitCap}
	for i, p := range s.Published {
		if slices.ContainsFunc(s.Published[:i], func(q Published) bool { return q.Measure == p.Measure }) {
			return fmt.Errorf("%s is published twice", p.Measure)
		}
		if s.Overlaps() && p.Measure != Capped { // each visit has one channel, a visitor-day several
			return fmt.Errorf("of channels %s alone can be published: one visitor-day would count in several cells", Capped)
		}
		want, ok := least[p.Measure]
		if !ok {
			return fmt.Errorf("%s has no bound on what one visitor-day adds, so it cannot be published", p.Measure)
		}
		if p.Delta2.Cmp(big.NewRat(want, 1)) < 0 {
			return fmt.Errorf("%s: delta2 is at least %d", p.Measure, want)
		}
	}
	return nil
}
