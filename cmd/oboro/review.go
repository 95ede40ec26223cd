package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"oboro/collector/hit"
	"oboro/internal/audit"
)

type auditReviewCommand struct {
	From string `placeholder:"DAY" help:"First day, in the deployment's time zone; by default that of the first entry kept."`
	To   string `placeholder:"DAY" help:"Last day; by default that of the newest entry."`
	JSON bool   `name:"json" help:"Print the report as JSON."`
}

// Help says what to look for. It stands in the help of the command.
func (auditReviewCommand) Help() string {
	return `A trail that nobody reads keeps nobody from looking. Read this report each month, by somebody who does not run the
program:

  oboro audit review --from 2026-11-01 --to 2026-11-30
  oboro audit review --json > review.json

Who looked, as exactly as is known: "dashboards" is whoever reaches the team's pages (the proxy's log says who had logged in at that
time), "uid:1000" an account of the operating system that ran a command, "oboro" the program. What to ask:

  Is every uid one of somebody who should run commands?
  Are there exports and queries that nobody of the team can explain, or many of one site?
  Was much asked for that is not there ("refused")?
  Does each change, and each new configuration, go with a decision?

Entries hold no figures. The lines of DATA/audit can be read by themselves: one entry of JSON each, with its time in UTC.
Check first that they are as they were written: oboro audit verify.`
}

// A review is what is reported of a trail.
type review struct {
	From     string         `json:"from"`
	To       string         `json:"to"`
	Timezone string         `json:"timezone"`
	Entries  int            `json:"entries"`
	LetGo    int64          `json:"entries_let_go"` // before the first that is kept
	Rows     []*reviewRow   `json:"looks"`
	Changes  []reviewChange `json:"changes"`

	command auditReviewCommand
	zone    *time.Location
	rows    map[reviewKey]*reviewRow
	config  string // the one in force
}

// A reviewRow counts entries that are alike.
type reviewRow struct {
	reviewKey
	Answered int `json:"answered"`
	Refused  int `json:"refused"`
	Failed   int `json:"failed"`
}

type reviewKey struct {
	Month     string       `json:"month"`
	Actor     string       `json:"actor"`
	Role      audit.Role   `json:"role"`
	Action    audit.Action `json:"action"`
	Site      string       `json:"site"` // nothing: none that is declared
	Statistic string       `json:"statistic"`
	Report    string       `json:"report"`
}

// A reviewChange is an entry that shows no counts, by itself.
type reviewChange struct {
	Time      string       `json:"time"`
	Actor     string       `json:"actor"`
	Role      audit.Role   `json:"role"`
	Action    audit.Action `json:"action"`
	Site      string       `json:"site,omitempty"`
	Statistic string       `json:"statistic,omitempty"`
	audit.Params
}

func (c auditReviewCommand) Run(_ context.Context, p process, o options) error {
	config, err := loadConfig(o.ConfigFile)
	if err != nil {
		return err
	}
	for _, day := range []string{c.From, c.To} {
		if _, err := hit.ParseDay(day); day != "" && err != nil {
			return misuse("%w", err)
		}
	}
	if c.To != "" && c.To < c.From {
		return misuse("--to %s comes before --from %s", c.To, c.From)
	}
	r, err := c.review(o, config)
	if err != nil {
		return err
	}
	if c.JSON {
		encoder := json.NewEncoder(p.stdout)
		encoder.SetIndent("", "  ")
		err = encoder.Encode(r)
	} else {
		err = r.print(p.stdout)
	}
	if err != nil {
		return fmt.Errorf("print: %w", err)
	}
	return nil
}

// review reads the trail.
func (c auditReviewCommand) review(o options, config config) (*review, error) {
	r := &review{
		From: c.From, To: c.To, Timezone: config.Timezone, Rows: []*reviewRow{}, Changes: []reviewChange{},
		command: c, zone: config.zone(), rows: map[reviewKey]*reviewRow{},
	}
	t, err := readTrail(o, func(l audit.Leaf) error { r.add(l); return nil })
	if err != nil {
		return nil, err
	}
	r.LetGo = t.Before
	r.Rows = slices.AppendSeq(r.Rows, maps.Values(r.rows))
	slices.SortFunc(r.Rows, func(a, b *reviewRow) int {
		return cmp.Or(cmp.Compare(a.Month, b.Month), cmp.Compare(a.Actor, b.Actor), cmp.Compare(a.Action, b.Action),
			cmp.Compare(a.Site, b.Site), cmp.Compare(a.about(), b.about()), cmp.Compare(a.Role, b.Role))
	})
	return r, nil
}

// about returns what a row is about: a statistic, or a report of several.
func (k reviewKey) about() string { return cmp.Or(k.Statistic, k.Report) }

// add counts an entry, if it is of the days.
func (r *review) add(l audit.Leaf) {
	same := l.Action == audit.Config && l.Params.Config == r.config // said again, for a new month
	if l.Action == audit.Config {
		r.config = l.Params.Config
	}
	c := r.command
	at := l.At().In(r.zone)
	day := at.Format(time.DateOnly)
	if c.From != "" && day < c.From || c.To != "" && day > c.To || same {
		return
	}
	r.Entries++
	if r.From == "" {
		r.From = day
	}
	if c.To == "" {
		r.To = max(r.To, day) // a clock may have been set back
	}
	switch l.Action {
	case audit.Look, audit.Export, audit.Query:
	default:
		r.Changes = append(r.Changes, reviewChange{
			at.Format(time.RFC3339), l.Actor, l.Role, l.Action, l.Object.Site, l.Object.Statistic, l.Params,
		})
		return
	}
	key := reviewKey{day[:7], l.Actor, l.Role, l.Action, l.Object.Site, l.Object.Statistic, l.Object.Report}
	if r.rows[key] == nil {
		r.rows[key] = &reviewRow{reviewKey: key}
	}
	switch l.Result {
	case audit.Answered:
		r.rows[key].Answered++
	case audit.Refused:
		r.rows[key].Refused++
	default:
		r.rows[key].Failed++
	}
}

// margins are what looks are counted by, one at a time.
var margins = []struct {
	name string
	of   func(*reviewRow) string
}{
	{"month", func(r *reviewRow) string { return r.Month }},
	{"actor", func(r *reviewRow) string { return r.Actor }},
	{"action", func(r *reviewRow) string { return string(r.Action) }},
	{"site", func(r *reviewRow) string { return r.Site }},
	{"statistic, or report", func(r *reviewRow) string { return r.about() }},
}

// print prints the report as text.
func (r *review) print(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "Audit trail, %s to %s (%s): %d entries\n", r.From, r.To, r.Timezone, r.Entries)
	if r.LetGo > 0 {
		fmt.Fprintf(w, "%d entries before were let go after two years.\n", r.LetGo)
	}
	const counts = "answered\trefused\tfailed"
	for _, m := range margins {
		sums := map[string]*reviewRow{}
		for _, row := range r.Rows {
			name := m.of(row)
			if sums[name] == nil {
				sums[name] = new(reviewRow)
			}
			sums[name].sum(row)
		}
		fmt.Fprintf(w, "\nLooks by %s\t%s\n", m.name, counts)
		for _, name := range slices.Sorted(maps.Keys(sums)) {
			fmt.Fprintf(w, "  %s\t%s\n", undeclared(name), sums[name].counts())
		}
	}
	fmt.Fprintf(w, "\nLooks by all of these\nmonth\tactor\trole\taction\tsite\tstatistic\t%s\n", counts)
	for _, row := range r.Rows {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", row.Month, row.Actor, row.Role, row.Action, undeclared(row.Site), undeclared(row.about()), row.counts())
	}
	fmt.Fprint(w, "\nChanges and configurations\n")
	for _, c := range r.Changes {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", c.Time, c.Actor, c.Action, c.words())
	}
	return w.Flush()
}

// undeclared names what was left out of an entry, since it is not declared.
func undeclared(name string) string { return cmp.Or(name, "(none declared)") }

func (r *reviewRow) sum(other *reviewRow) {
	r.Answered, r.Refused, r.Failed = r.Answered+other.Answered, r.Refused+other.Refused, r.Failed+other.Failed
}

func (r *reviewRow) counts() string {
	return fmt.Sprintf("%d\t%d\t%d", r.Answered, r.Refused, r.Failed)
}

// words says what a change was of.
func (c reviewChange) words() string {
	var said []string
	for _, of := range []string{c.Site, c.Statistic, c.Period, c.From} {
		if of != "" {
			said = append(said, of)
		}
	}
	if c.To != "" && c.To != c.From {
		said = append(said, "to "+c.To)
	}
	if c.Params.Config != "" {
		said = append(said, c.Params.Config[:12])
	}
	if c.Leaves > 0 {
		said = append(said, fmt.Sprintf("%d entries let go", c.Leaves))
	}
	return strings.Join(said, " ")
}
