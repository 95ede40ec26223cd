package team

import (
	"strings"
	"time"

	"oboro/aggregator/statistic"
	"oboro/dashboards/i18n"
)

// care says what speaks against the figures of the period, the machinery first.
func (c chrome) care(q Quality) []string {
	m := q.Machine
	var list []string
	say := func(speaks bool, key i18n.Key, args ...any) {
		if speaks {
			list = append(list, c.Say(key, args...))
		}
	}
	say(m.FlushFailed, i18n.CareFlush, m.Waiting)
	say(len(m.Missing) > 0, i18n.CareMissing, strings.Join(m.Missing, ", "))
	say(m.LogFull, i18n.CareLog)
	say(m.OnDisk, i18n.CareDisk)
	say(m.Copies == NotCopied, i18n.CareNotCopied)
	say(m.Copies == Forked, i18n.CareForked)
	say(m.Databases.CountriesRefused, i18n.CareCountries)
	say(m.Databases.NetworksRefused, i18n.CareNetworks)
	say(m.Counting != m.Clock, i18n.CareClock, c.T.Day(m.Clock), c.T.Day(m.Counting))
	for _, kind := range kinds {
		n, words := c.stretches(q.Days, kind.of)
		say(n > 0, kind.key, n, words)
	}
	for _, w := range q.LostWeeks {
		say(true, i18n.CareWeek, c.T.Range(w.First, statistic.Weekly.End(w.First)), w.Reason)
	}
	var lost int64
	for _, reason := range beyond {
		lost += q.Meters[reason]
	}
	say(lost > 0, i18n.CareBeyond, lost)
	_, words := c.stretches(q.Days, func(d QualityDay) bool { return d.State == Open })
	say(words != "", i18n.CareOpen, words)
	return list
}

// kinds are the kinds of days to be told of.
var kinds = []struct {
	key i18n.Key
	of  func(QualityDay) bool
}{
	{i18n.CareUnmeasured, func(d QualityDay) bool { return d.State == Unmeasured }},
	{i18n.CareLost, func(d QualityDay) bool { return d.State == Lost }},
	{i18n.CareWaiting, func(d QualityDay) bool { return d.State == Waiting }},
	{i18n.CareEpochs, func(d QualityDay) bool { return d.Epochs > 1 }},
	{i18n.CareMarked, func(d QualityDay) bool { return d.Marked }},
}

// machine lists how the process fares.
func (c chrome) machine(m Machine, flush time.Duration) []entry {
	writing := c.Say(i18n.MachineOK, m.Waiting)
	if m.FlushFailed {
		writing = c.Say(i18n.MachineFailed, m.Waiting)
	}
	log := c.Say(i18n.MachineUsed, m.LogUsed, m.LogLimit, percent(c.T, m.LogUsed, m.LogLimit))
	if m.LogFull {
		log = c.Say(i18n.MachineFull, m.LogUsed, m.LogLimit)
	}
	state := c.Say(i18n.MachineRAM)
	if m.OnDisk {
		state = c.Say(i18n.MachineDisk)
	}
	return []entry{
		{c.Say(i18n.MachineStore), writing},
		{c.Say(i18n.MachineFlush), c.Say(i18n.MachinePower, delay(c.T, flush))},
		{c.Say(i18n.MachineLog), log},
		{c.Say(i18n.MachineState), state},
		{c.Say(i18n.MachineCopies), c.copies(m.Copies)},
		{c.Say(i18n.MachineDay), c.T.Day(m.Counting)},
		{c.Say(i18n.MachineZone), c.Zone},
		{c.Say(i18n.MachineCountries), c.countries(m.Databases)},
		{c.Say(i18n.MachineNetworks), c.networks(m.Databases)},
		{c.Say(i18n.MachineLookUp), c.lookUp(m.Databases)},
		{c.Say(i18n.MachineReverse), c.reverse(m.Databases)},
		{c.Say(i18n.MachineOff), c.names(m.Off)},
		{c.Say(i18n.MachineVersion), m.Version},
	}
}

func (c chrome) copies(s Copies) string {
	switch s {
	case Copied:
		return c.Say(i18n.MachineCopied)
	case NotCopied:
		return c.Say(i18n.MachineNotCopied)
	case Forked:
		return c.Say(i18n.MachineForked)
	}
	return c.Say(i18n.MachineNoCopies)
}

func (c chrome) countries(t Databases) string {
	date := c.date(t.Countries.Date)
	switch {
	case t.Countries.Date.IsZero():
		return c.Say(i18n.MachineUnused)
	case t.Own:
		return c.Say(i18n.MachineOwn, date, t.Countries.Type)
	}
	return c.Say(i18n.MachineBuiltin, date) // its type is but the form of the file
}

func (c chrome) networks(t Databases) string {
	if len(t.Networks) == 0 {
		return c.Say(i18n.MachineNoNetworks)
	}
	var names []string
	for _, n := range t.Networks {
		names = append(names, c.Say(i18n.MachineTable, n.Type, c.date(n.Date)))
	}
	return strings.Join(names, c.T.Comma())
}

func (c chrome) lookUp(t Databases) string {
	if t.Exact {
		return c.Say(i18n.MachineExact)
	}
	return c.Say(i18n.MachineTruncated)
}

func (c chrome) reverse(t Databases) string {
	if t.Reverse {
		return c.Say(i18n.MachineReverseOn)
	}
	return c.Say(i18n.MachineReverseOff)
}

func (c chrome) date(at time.Time) string { return c.T.Day(statistic.Day(at.Unix() / 86400)) }

func (c chrome) names(off []SwitchedOff) string {
	if len(off) == 0 {
		return c.Say(i18n.MachineNone)
	}
	var names []string
	for _, st := range off {
		names = append(names, st.Title.In(c.Lang()))
	}
	return strings.Join(names, c.T.Comma())
}
