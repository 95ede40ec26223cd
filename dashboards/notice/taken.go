package notice

import (
	"slices"

	"oboro/aggregator/statistic"
)

// A group is a kind of what is taken in, with the details that statistics may keep of it.
type group struct {
	key     string
	details []statistic.Dimension
	use     func(w writer, kept bool) []string // how it is used; kept: a statistic is by a detail of it
	rule    func(w writer) []string            // what is said of the details that are kept
	always  string                             // what is said whether a detail is kept or not
}

// groups are all of what is taken in: first the three of which policies of public bodies
// speak (the internet domain name, the IP address, the browsing environment), then the rest.
var groups = []group{
	{
		key: "taken.domain", details: []statistic.Dimension{statistic.ByNetwork, statistic.ByNetworkClass},
		use: writer.domainUse, rule: writer.domainRule,
	},
	{
		key: "taken.address", details: []statistic.Dimension{statistic.ByCountry, statistic.ByRegion},
		use: writer.addressUse, always: "taken.address.kept",
	},
	{
		key: "taken.environment",
		details: []statistic.Dimension{
			statistic.ByBrowser, statistic.ByVersion, statistic.BySystem, statistic.ByDevice, statistic.ByLanguage, statistic.ByViewport,
			statistic.ByInput, statistic.ByMotion, statistic.ByContrast, statistic.ByColours, statistic.ByTheme,
		},
		use: one("taken.environment.use"), rule: writer.environmentRule,
	},
	{
		key: "taken.page",
		details: []statistic.Dimension{
			statistic.ByPage, statistic.ByNext, statistic.ByCampaign, statistic.ByCampaignSource, statistic.ByCampaignMedium,
		},
		use: writer.pageUse, rule: writer.pageRule,
	},
	{
		key: "taken.source", details: []statistic.Dimension{statistic.BySource, statistic.ByChannel},
		use: one("taken.source.use"), rule: writer.sourceRule,
	},
}

// one returns a use that is one sentence.
func one(key string) func(writer, bool) []string {
	return func(w writer, _ bool) []string { return []string{w.say(key)} }
}

// taken says what is taken in, how it is used, and what of it is kept for which statistics.
func (w writer) taken() []part {
	t := &table{Caption: w.say("taken.caption"), Columns: []string{
		w.say("taken.column.what"), w.say("taken.column.use"), w.say("taken.column.kept"), w.say("taken.column.for"),
	}}
	for _, g := range groups {
		w.group(t, g)
	}
	w.time(t)
	t.row(w.say("taken.objection"), w.say("taken.objection.use"), w.say("taken.objection.kept"), w.say("none"))
	return []part{paragraph(w.say("taken.intro")), {Table: t}, paragraph(w.say("taken.more"))}
}

// group adds the row of a group, with the details that a statistic in force is by.
func (w writer) group(t *table, g group) {
	var kept, used []string
	for _, d := range g.details {
		if w.by(d) {
			kept = append(kept, w.Dimension(d))
		}
	}
	for _, st := range w.Statistics {
		if slices.ContainsFunc(st.Dimensions, func(d statistic.Dimension) bool { return slices.Contains(g.details, d) }) {
			used = append(used, w.of(st.Title))
		}
	}
	var said []string
	switch {
	case len(kept) == 0 && g.always == "":
		said = append(said, w.say("taken.kept.none"))
	case len(kept) > 0:
		said = append(said, w.say("taken.kept", w.names(kept)))
		if g.rule != nil {
			said = append(said, g.rule(w)...)
		}
	}
	if g.always != "" {
		said = append(said, w.say(g.always))
	}
	t.row(w.say(g.key), w.sentences(g.use(w, len(kept) > 0)...), w.sentences(said...), w.names(used))
}

// by reports whether a statistic in force is by that detail.
func (w writer) by(d statistic.Dimension) bool {
	return slices.ContainsFunc(w.Statistics, func(st *statistic.Statistic) bool { return slices.Contains(st.Dimensions, d) })
}

func (w writer) domainUse(kept bool) []string {
	if !kept {
		return []string{w.say("taken.domain.not")}
	}
	said := []string{w.say("taken.domain.use")}
	if w.Networks.Domains || w.Networks.Numbers {
		said = append(said, w.say("taken.domain.tables"))
	}
	if w.Networks.HostNames {
		said = append(said, w.say("taken.domain.logs"))
	}
	if w.does(ReverseDNS) {
		said = append(said, w.say("taken.domain.asked"))
	}
	if w.Networks.Numbers {
		said = append(said, w.say("taken.domain.rented"))
	}
	return said
}

func (w writer) domainRule() []string {
	if !w.by(statistic.ByNetwork) {
		return nil
	}
	return []string{w.say("taken.domain.label")}
}

func (w writer) environmentRule() []string {
	said := []string{w.say("taken.environment.kept")}
	if w.by(statistic.ByVersion) {
		said = append(said, w.say("taken.environment.version"))
	}
	return said
}

func (w writer) addressUse(kept bool) []string {
	said := []string{w.say("taken.address.use")}
	if kept {
		said = append(said, w.say("taken.address.place"))
	}
	looked := kept || w.by(statistic.ByNetwork) || w.by(statistic.ByNetworkClass)
	if looked && !w.does(ExactAddresses) {
		said = append(said, w.say("taken.address.cut"))
	}
	return said
}

func (w writer) pageUse(bool) []string {
	said := []string{w.say("taken.page.use")}
	for _, s := range w.Sites {
		if len(s.Parameters) > 0 {
			said = append(said, w.say("taken.page.parameters", w.of(s.Title), w.names(s.Parameters)))
		}
	}
	if w.by(statistic.ByCampaign) || w.by(statistic.ByCampaignSource) || w.by(statistic.ByCampaignMedium) {
		said = append(said, w.say("taken.page.campaign"))
	}
	return said
}

func (w writer) pageRule() []string {
	if !w.by(statistic.ByPage) && !w.by(statistic.ByNext) {
		return nil
	}
	return []string{w.say("taken.page.label")}
}

func (w writer) sourceRule() []string {
	if !w.by(statistic.BySource) {
		return nil
	}
	return []string{w.say("taken.source.label")}
}

// time adds the row of when and how a page was read.
func (w writer) time(t *table) {
	kept := []string{w.say("taken.time.day")}
	var used []string
	has := map[string]bool{}
	for _, st := range w.Statistics {
		hour := slices.Contains(st.Dimensions, statistic.ByHour)
		seconds, missed := st.Has(statistic.Seconds), st.Of.String() == "not-found"
		has["hour"], has["seconds"], has["missed"] = has["hour"] || hour, has["seconds"] || seconds, has["missed"] || missed
		if hour || seconds || missed {
			used = append(used, w.of(st.Title))
		}
	}
	if has["hour"] {
		kept = append(kept, w.Dimension(statistic.ByHour))
	}
	if has["seconds"] {
		kept = append(kept, w.say("taken.time.seconds"))
	}
	if has["missed"] {
		kept = append(kept, w.say("taken.time.found"))
	}
	t.row(w.say("taken.time"), w.say("taken.time.use"), w.say("taken.kept", w.names(kept)), w.names(used))
}
