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
	arrivals   [hit.Kinds]uint32
	source     Source
}

// What of one visitor-day counts for publication (V, C and M of the disclosure control).
const (
	visitCap = 4  // visits
	hourCap  = 2  // of these, those that begin under one label of an hour
	pageCap  = 10 // pages, where views are published
	viewCap  = 3  // views of each of them
)

// LongestRetention is how many months sealed cells can be declared to be kept.
const LongestRetention = 25

// mostCalibration is how many keys without hits can be measured beside others.
const mostCalibration = 99

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
	return c, errors.Join(c.checkTables(), c.checkGrains(), c.checkCrossings(), c.checkSources(), c.makePlan(), c.checkBudget())
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

// checkGrains refuses statistics of the same hits that are open for a day and for a week. All
// of them tell of the same sums: the visitor-days of a week, less those of its days that are
// shown, would be those of a day that is not, since fewer than k stand behind it.
func (c *Catalogue) checkGrains() error {
	var first [hit.Kinds]*Statistic
	for _, st := range c.statistics {
		if of := first[st.Of]; of == nil {
			first[st.Of] = st
		} else if of.Grain != st.Grain {
			return fmt.Errorf("statistic %q: its grain is %s, and that of %q is %s: both count hits of the kind %s, and each would tell "+
				"what the other hides; give all statistics of that kind one grain, or switch the others off", st.ID, st.Grain, of.ID, of.Grain, st.Of)
		}
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
		st.set = c.setOf(hit.Set{Of: st.Of, By: st.Varying(), Cap: st.Reach})
	}
	for _, st := range c.statistics {
		for _, p := range st.Published {
			c.planPublished(st, p.Measure)
		}
	}
	if len(c.plan.Sets) > 32 {
		return errors.New("the catalogue needs more than 32 kinds of first time; switch some statistics off")
	}
	return nil
}

// setOf returns the index of a first-seen set in the plan, which has it from then on.
func (c *Catalogue) setOf(want hit.Set) int {
	if at := slices.Index(c.plan.Sets, want); at >= 0 {
		return at
	}
	c.plan.Sets = append(c.plan.Sets, want)
	return len(c.plan.Sets) - 1
}

// planPublished adds to the plan what a measure of a statistic rests on, where it is
// published.
func (c *Catalogue) planPublished(st *Statistic, m Measure) {
	switch {
	case m == Arrivals:
		c.arrivals[st.Of] = 1 << c.setOf(hit.Set{Of: st.Of, Cap: 1})
	case m == CappedViews:
		c.plan.Pages, c.plan.Views = pageCap, viewCap
	case m == Capped && st.Varying().Has(hit.ByHour):
		c.plan.PerHour = hourCap
	}
}

// budget is what all published figures together may spend on one visitor-day. The
// ledger holds every seal to it; here it is refused before a day is lost to that.
var budget = big.NewRat(3, 100)

// Rho returns what all published figures together spend on one visitor-day, and what they
// may spend.
func (c *Catalogue) Rho() (spent, most *big.Rat) {
	spent = new(big.Rat)
	for _, st := range c.statistics {
		for _, p := range st.Published {
			spent.Add(spent, p.Rho())
		}
	}
	return spent, budget
}

func (c *Catalogue) checkBudget() error {
	sum, budget := c.Rho()
	if sum.Cmp(budget) <= 0 {
		return nil
	}
	over := new(big.Rat).Sub(sum, budget)
	return fmt.Errorf("what is published spends %s of the %s that one visitor-day allows, %s too much: %s; "+
		"switch one off (statistics: {off: [...]}), or raise sigma2 of your own (rho is delta2 / 2 sigma2)",
		sum.FloatString(6), budget.FloatString(2), over.FloatString(6), strings.Join(c.costs(), ", "))
}

// costs returns what each statistic spends of the budget, the most first, for who has to choose.
func (c *Catalogue) costs() (list []string) {
	spent := map[string]*big.Rat{}
	var own []*Statistic
	for _, st := range c.statistics {
		sum := new(big.Rat)
		for _, p := range st.Published {
			sum.Add(sum, p.Rho())
		}
		if spent[st.ID] = sum; sum.Sign() > 0 {
			own = append(own, st)
		}
	}
	slices.SortStableFunc(own, func(a, b *Statistic) int { return spent[b.ID].Cmp(spent[a.ID]) })
	for _, st := range own {
		list = append(list, st.ID+" "+spent[st.ID].FloatString(6))
	}
	return list
}

// Plan returns what the collector is to compute for the catalogue.
func (c *Catalogue) Plan() hit.Plan { return c.plan }

// Arrivals returns the bits of hit.Hit.Seen of which one is set in the first hit of that
// kind of each visitor-day, or 0 where no statistic publishes [Arrivals] of it.
func (c *Catalogue) Arrivals(of hit.Kind) (bits uint32) { return c.arrivals[of] }

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
		Measure     string `yaml:"measure"`
		Delta2      whole  `yaml:"delta2"`
		Sigma2      ratio  `yaml:"sigma2"`
		Summed      bool   `yaml:"summed"`
		Calibration whole  `yaml:"calibration"`
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

// A ratio is a whole number or a fraction of two, such as 1000/3: what is exact.
type ratio struct{ *big.Rat }

var ratioGrammar = regexp.MustCompile(`^[0-9]{1,18}(/0*[1-9][0-9]{0,17})?$`)

// UnmarshalYAML reads the number.
func (r *ratio) UnmarshalYAML(text []byte) error {
	text = bytes.TrimSpace(text)
	if !ratioGrammar.Match(text) {
		return fmt.Errorf("%s is no whole number and no fraction of two", text)
	}
	r.Rat, _ = new(big.Rat).SetString(string(text))
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
		if !m.Shown() {
			return nil, fmt.Errorf("%s is no column: it is counted for what is published, and for the fold", m)
		}
		st.Measures = append(st.Measures, m)
	}
	for _, p := range d.Published {
		m, ok := ParseMeasure(p.Measure)
		if !ok || p.Delta2 < 1 || p.Sigma2.Rat == nil || p.Sigma2.Cmp(big.NewRat(1, 1)) < 0 {
			return nil, fmt.Errorf("published %q: a known measure, delta2 and sigma2 of at least 1 are needed", p.Measure)
		}
		if p.Calibration < 0 || p.Calibration > mostCalibration {
			return nil, fmt.Errorf("%s: calibration is 0 to %d keys", p.Measure, mostCalibration)
		}
		st.Published = append(st.Published, Published{
			Measure: m, Delta2: big.NewRat(int64(p.Delta2), 1), Sigma2: p.Sigma2.Rat, Summed: p.Summed, Calibration: int(p.Calibration),
		})
	}
	return st, st.check()
}
