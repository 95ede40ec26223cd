package audit

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

// An Action is what somebody did.
type Action string

// The actions. Look to Query show counts, Publish to Import change data; the program itself
// writes down the last two.
const (
	Look     Action = "look"   // at a page of the team
	Export   Action = "export" // of a table, or of the quality report, as a file
	Query    Action = "query"  // on the command line
	Publish  Action = "publish"
	Correct  Action = "correct" // a published table, by a new version
	Withdraw Action = "withdraw"
	Seal     Action = "seal"
	GiveUp   Action = "give-up" // a day, or a week
	Import   Action = "import"
	Config   Action = "config" // which configuration is in force: a new one, or the first entry of a month
	Expire   Action = "expire" // months of the trail are let go
)

// A Role is on whose behalf it was done.
type Role string

// The roles.
const (
	Team     Role = "team"     // of the sites: whoever reaches the pages
	Operator Role = "operator" // of the machine: whoever may run commands
	Program  Role = "program"
)

// A Result is what came of it.
type Result string

// The results. An entry stands before its answer is sent: somebody who had gone by then did
// not get it.
const (
	Answered Result = "answered"
	Refused  Result = "refused" // what was asked for is not there; nothing was shown
	Failed   Result = "failed"  // it could not be read; nothing was shown
	Asked    Result = "asked"   // a change was begun: the ledger and the log of releases say what came of it
	Done     Result = "done"    // by the program
)

// The reports.
const (
	Overview = "overview"
	Quality  = "quality"
)

// Formats in which counts are shown.
const (
	Page  = "page"
	Table = "table" // as text
	CSV   = "csv"
	JSON  = "json"
)

// Actors that are not a person's account.
const (
	Dashboards = "dashboards" // whoever reaches the team's pages, of whom the program knows no more
	Own        = "oboro"      // the program
)

// UID returns the actor who has that account of the operating system.
func UID(uid uint32) string { return "uid:" + strconv.FormatUint(uint64(uid), 10) }

// A Leaf is one entry of the trail. Here and below fields stand in the order of their JSON
// names, so that what encoding/json writes is the canonical form of RFC 8785. No field takes
// free text, and none a figure.
type Leaf struct {
	Action Action    `json:"action"`
	Actor  string    `json:"actor"`
	Object Object    `json:"object"`
	Params Params    `json:"params"`
	Result Result    `json:"result"`
	Role   Role      `json:"role"`
	Root   tlog.Hash `json:"root"` // of the tree of all entries before
	Seq    int64     `json:"seq"`  // how many entries come before
	Time   string    `json:"time"` // to the second, in UTC
}

// An Object is what it was done to. What was asked for and is not declared is left out.
type Object struct {
	Report    string `json:"report,omitempty"` // a page of more than one statistic
	Site      string `json:"site,omitempty"`
	Statistic string `json:"statistic,omitempty"`
}

// Params say more of it.
type Params struct {
	Config string `json:"config,omitempty"` // SHA-256 of the configuration, in hex
	Format string `json:"format,omitempty"`
	From   string `json:"from,omitempty"`   // first day
	Leaves int64  `json:"leaves,omitempty"` // entries that were let go, ever
	Period string `json:"period,omitempty"` // month or week
	To     string `json:"to,omitempty"`     // last day
}

// How times and months are written.
const (
	stamp   = "2006-01-02T15:04:05Z"
	monthly = "2006-01"
)

// At returns the time of the entry.
func (l Leaf) At() time.Time {
	at, _ := time.Parse(stamp, l.Time) // check has been here
	return at
}

var (
	actor  = regexp.MustCompile(`^(dashboards|oboro|uid:(0|[1-9][0-9]{0,9}))$`)
	name   = regexp.MustCompile(`^([a-z][a-z0-9-]{0,63})?$`)
	period = regexp.MustCompile(`^([0-9]{4}-(0[1-9]|1[0-2]|W[0-5][0-9]))?$`)
	hash   = regexp.MustCompile(`^([0-9a-f]{64})?$`)
)

// closed are the vocabularies.
var (
	actions = []Action{Look, Export, Query, Publish, Correct, Withdraw, Seal, GiveUp, Import, Config, Expire}
	roles   = []Role{Team, Operator, Program}
	results = []Result{Answered, Refused, Failed, Asked, Done}
	reports = []string{"", Overview, Quality}
	formats = []string{"", Page, Table, CSV, JSON}
)

// check reports whether the entry holds nothing but words of the vocabularies, names, days and
// months. Its errors quote nothing.
func (l Leaf) check() error {
	for _, of := range []struct {
		field string
		holds bool
	}{
		{"action", slices.Contains(actions, l.Action)},
		{"role", slices.Contains(roles, l.Role)},
		{"result", slices.Contains(results, l.Result)},
		{"report", slices.Contains(reports, l.Object.Report)},
		{"format", slices.Contains(formats, l.Params.Format)},
		{"actor", actor.MatchString(l.Actor)},
		{"site", name.MatchString(l.Object.Site)},
		{"statistic", name.MatchString(l.Object.Statistic)},
		{"from", day(l.Params.From)},
		{"to", day(l.Params.To)},
		{"period", period.MatchString(l.Params.Period)},
		{"config", hash.MatchString(l.Params.Config) && (l.Action == Config) == (l.Params.Config != "")},
		{"leaves", l.Params.Leaves >= 0 && (l.Action == Expire) == (l.Params.Leaves > 0)},
		{"time", written(l.Time, stamp)},
		{"period", l.Action != Expire || l.Params.Period != "" && l.Params.Period < kept(l.At())},
	} {
		if !of.holds {
			return errors.New("audit trail: the " + of.field + " is none that an entry may hold")
		}
	}
	return nil
}

// day reports whether s is a day, or nothing.
func day(s string) bool { return s == "" || written(s, time.DateOnly) }

func written(s, layout string) bool {
	at, err := time.Parse(layout, s)
	return err == nil && at.Format(layout) == s
}

// kept returns the first month that is kept at that time: the trail is kept for two years.
func kept(at time.Time) string {
	at = at.UTC()
	return time.Date(at.Year()-2, at.Month(), 1, 0, 0, 0, 0, time.UTC).Format(monthly)
}

// encode returns the line of a leaf, or of a beginning, without a newline.
func encode(of any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(of); err != nil {
		return nil, fmt.Errorf("encode: %w", err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// decode reads a line. It must be the one that encode would write: no spaces, no unknown or
// repeated key, nothing behind it.
func decode[T any](line []byte) (of T, err error) {
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	if err := d.Decode(&of); err != nil {
		return of, errors.New("the line cannot be read")
	}
	if _, err := d.Token(); err != io.EOF {
		return of, errors.New("more than one entry stands in the line")
	}
	again, err := encode(of)
	if err != nil || !bytes.Equal(again, line) {
		return of, errors.New("the line is not in canonical form")
	}
	return of, nil
}
