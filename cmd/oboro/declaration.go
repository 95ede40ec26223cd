package main

import (
	"time"

	"oboro/aggregator/statistic"
	"oboro/collector"
	"oboro/dashboards/i18n"
)

// told returns what the collector tells visitors of how they are counted: what is
// declared, without the hosts and pages of the sites. It says too what the promises
// except and this process does.
func (a *app) told(stateOnDisk bool) collector.Declaration {
	d := collector.Declaration{
		Timezone: a.config.Timezone, K: a.config.K, Flush: int(time.Duration(a.config.Flush) / time.Second), Rate: a.config.Limits.Rate,
		Exceptions: []string{}, Statistics: []collector.DeclaredStatistic{},
	}
	if stateOnDisk {
		d.Exceptions = append(d.Exceptions, "state-on-disk")
	}
	if a.config.ReverseDNS != "" {
		d.Exceptions = append(d.Exceptions, collector.ReverseDNS)
	}
	for _, s := range a.config.Sites {
		d.Sites = append(d.Sites, collector.DeclaredSite{ID: s.ID, Title: collector.Text(s.Title), DNT: s.DNT})
	}
	for _, st := range a.catalogue.All() {
		d.Statistics = append(d.Statistics, toldOf(st, a.config.K))
	}
	d.Names = names(a.catalogue)
	return d
}

// names returns what the values are called that the enabled statistics count by, where their
// vocabulary is closed.
func names(c *statistic.Catalogue) map[string]map[string]collector.Text {
	all := map[string]map[string]collector.Text{}
	ja, en := i18n.For("ja"), i18n.For("en")
	for _, st := range c.All() {
		for _, by := range st.Dimensions {
			if all[by.String()] != nil {
				continue
			}
			all[by.String()] = map[string]collector.Text{}
			for _, value := range statistic.Values(by) {
				all[by.String()][value] = collector.Text{JA: ja.Value(by, value), EN: en.Value(by, value)}
			}
		}
	}
	return all
}

func toldOf(st *statistic.Statistic, k int64) collector.DeclaredStatistic {
	told := collector.DeclaredStatistic{
		ID: st.ID, Title: collector.Text(st.Title), Purpose: collector.Text(st.Purpose), Of: st.Of.String(),
		Dimensions: []string{}, Measures: []string{}, Grain: string(st.Grain), Retention: st.Months, K: max(k, st.K),
		Audience: string(st.Audience), Published: []collector.PublishedStatistic{},
	}
	for _, d := range st.Dimensions {
		told.Dimensions = append(told.Dimensions, d.String())
	}
	for _, m := range st.Measures {
		told.Measures = append(told.Measures, m.String())
	}
	for _, p := range st.Published {
		told.Published = append(told.Published, collector.PublishedStatistic{
			Measure: p.Measure.String(), Delta2: p.Delta2.RatString(), Sigma2: p.Sigma2.RatString(), Summed: p.Summed,
		})
	}
	return told
}
