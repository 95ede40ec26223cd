package main

import (
	"context"
	"math/big"
	"slices"

	"oboro/aggregator"
	"oboro/aggregator/ledger"
	"oboro/aggregator/statistic"
	"oboro/dashboards/team"
)

// quality returns what the quality report says of a period.
func (s *server) quality(ctx context.Context, site string, from, to statistic.Day) (team.Quality, error) {
	a := s.app.aggregator
	q := team.Quality{Limit: millionths(ledger.Budget().Rat()), Machine: s.machine()}
	days, err := a.Quality(ctx, site, from, to)
	if err != nil {
		return q, err
	}
	for _, d := range days {
		q.Days = append(q.Days, qualityDay(d))
	}
	for _, w := range a.LostWeeks(site, from, to) {
		q.LostWeeks = append(q.LostWeeks, team.LostWeek(w))
	}
	if q.Meters, err = a.Meters(ctx, site, from, to); err != nil {
		return q, err
	}
	q.Nowhere, err = a.Meters(ctx, "", from, to)
	return q, err
}

// qualityDay returns the day as the page takes it. Both sides have the same words
// for its state.
func qualityDay(d aggregator.DayQuality) team.QualityDay {
	return team.QualityDay{
		Day: d.Day, State: team.DayState(d.State), Imported: d.Imported, Epochs: d.Epochs, Marked: d.Marked, Reason: d.Reason,
		Rho: millionths(d.Rho),
	}
}

// millionths returns rho rounded up: never less than was spent.
func millionths(rho *big.Rat) team.Rho {
	scaled := new(big.Rat).Mul(rho, big.NewRat(1_000_000, 1))
	whole, rest := new(big.Int).QuoRem(scaled.Num(), scaled.Denom(), new(big.Int))
	if rest.Sign() > 0 {
		whole.Add(whole, big.NewInt(1))
	}
	return team.Rho(whole.Int64())
}

// mebibyte is the finest that the page tells of the RAM log.
const mebibyte = 1 << 20

// machine returns how this process fares.
func (s *server) machine() team.Machine {
	a := s.app
	m := team.Machine{
		Version: version, Clock: a.aggregator.Day(), Off: a.config.switchedOff(),
		Databases: s.databases(),
		// Asked anew, not read off the flag: swap may have been switched on since.
		OnDisk: openState(stateDir(a.options.State, a.process.getenv), false) != nil,
	}
	m.Copies = a.copies.standing()
	m.Waiting, m.FlushFailed = a.aggregator.Queue()
	m.Missing = a.aggregator.Missing()
	m.Counting = m.Clock
	if day, ok := a.aggregator.Counting(); ok {
		m.Counting = day
	}
	if a.journal != nil {
		used, limit := a.journal.log.Size()
		m.LogUsed, m.LogLimit = used/mebibyte, limit/mebibyte
		m.LogFull = a.journal.full()
	}
	return m
}

// databases returns what is told of the tables of places and networks.
func (s *server) databases() team.Databases {
	if s.collector == nil {
		return team.Databases{} // they are the collectors'
	}
	places, networks := s.collector.Places(), s.collector.Networks()
	t := team.Databases{
		Countries: team.Database{Type: places.Type, Date: places.Date},
		Own:       s.app.config.Countries != "", Exact: s.app.config.ExactAddresses, Reverse: s.app.config.ReverseDNS != "",
	}
	for _, n := range networks {
		t.Networks = append(t.Networks, team.Database{Type: n.Type, Date: n.Date})
	}
	t.CountriesRefused, t.NetworksRefused = s.collector.Refused()
	return t
}

// switchedOff returns the statistics that are not counted, whatever the reason, titled by
// their ids where there is no title.
func (c *config) switchedOff() []team.SwitchedOff {
	catalogue, err := c.declares(nil)
	var off []team.SwitchedOff
	for _, id := range slices.Compact(slices.Sorted(slices.Values(c.off()))) {
		title := statistic.Text{JA: id, EN: id}
		// With all of them on, two may count the same, and there is no catalogue.
		if err == nil {
			if st, ok := catalogue.Find(id); ok {
				title = st.Title
			}
		}
		off = append(off, team.SwitchedOff{ID: id, Title: title})
	}
	return off
}
