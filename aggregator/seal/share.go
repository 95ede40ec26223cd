package seal

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"oboro/aggregator/ledger"
	"oboro/aggregator/noise"
	"oboro/aggregator/statistic"
	"oboro/aggregator/store"
)

// A Span is a week or a month over which figures of a site are summed.
type Span struct {
	Site  string
	First statistic.Day
	Days  int
}

// Begin begins a period of the statistic, where nothing of its days is reserved yet, with the
// keys that are declared now: pages are those that the site declares. They stand in the store
// first, and the ledger then has their hash; a period that stands in the store alone goes on
// with its own keys. Beginning again changes nothing, whatever is declared by then.
func (s *Sealer) Begin(ctx context.Context, of Span, st *statistic.Statistic, pages []string) error {
	p, ok := summed(st)
	if !ok {
		return fmt.Errorf("statistic %s is not summed", st.ID)
	}
	keys := append(st.Domain(pages), p.CalibrationKeys()...)
	if len(keys) <= p.Calibration {
		return nil // nothing is declared that could be summed
	}
	old, err := s.Store.Sums(ctx, of.Site, st.ID, of.First, of.First)
	if err != nil {
		return fmt.Errorf("read sums: %w", err)
	}
	if len(old) > 0 {
		keys = old[0].Keys
	}
	begins := ledger.Period{
		Cells: len(keys), Days: of.Days, Domain: hashOf(keys), First: of.First.String(),
		Measure: p.Measure.String(), Site: of.Site, Statistic: st.ID,
	}
	if known, _, ok := s.Ledger.Summing(of.Site, st.ID, begins.First); ok && known != begins {
		return fmt.Errorf("statistic %s of site %s from %s: %w", st.ID, of.Site, of.First, ledger.ErrDomain)
	}
	if err := s.Store.BeginPeriod(ctx, of.Site, st.ID, of.First, of.Days, keys); err != nil {
		return fmt.Errorf("begin a period: %w", err)
	}
	return s.Ledger.Begin(begins)
}

// Fill adds the noise of a day that gives no share to its period: the sum has the whole
// variance only with it. What the day counted, should it come later, enters no figure of the
// period any more. A day that gives its share, or has, is left as it is.
func (s *Sealer) Fill(ctx context.Context, of Span, st *statistic.Statistic, day statistic.Day) error {
	r, ok := s.Ledger.Share(of.Site, st.ID, day.String())
	if ok && !r.Fill {
		return nil
	}
	if !ok {
		p, _ := summed(st)
		draw, err := s.shareOf(p, st, of.Site, day)
		if err == nil && draw == nil {
			err = ledger.ErrPeriod
		}
		if err != nil {
			return err
		}
		if r, err = s.Ledger.Reserve(ledger.Reservation{
			Site: of.Site, Grain: ledger.Day, Period: day.String(), Epochs: 1, Fill: true,
			Config: s.Config, Code: s.Code, Draws: []ledger.Draw{*draw},
		}); err != nil {
			return err
		}
	}
	_, err := s.through(ctx, r, func() (store.Seal, error) {
		outcome := store.Seal{Site: of.Site, Grain: statistic.Daily, Period: day, Reservation: r.Seq, Epochs: r.Epochs}
		share, err := s.share(ctx, r, r.Draws[0], nil)
		outcome.Shares = []store.Share{share}
		return outcome, err
	})
	return err
}

// Close ends a period each of whose days has given its share.
func (s *Sealer) Close(ctx context.Context, of Span, st *statistic.Statistic) error {
	if err := s.Ledger.ClosePeriod(of.Site, st.ID, of.First.String()); err != nil {
		return err
	}
	if err := s.Store.ClosePeriod(ctx, of.Site, st.ID, of.First); err != nil {
		return fmt.Errorf("close the period of %s of site %s from %s: %w", st.ID, of.Site, of.First, err)
	}
	return nil
}

// summed returns the figure of a statistic that is summed. The ledger has one a statistic.
func summed(st *statistic.Statistic) (statistic.Published, bool) {
	i := slices.IndexFunc(st.Published, func(p statistic.Published) bool { return p.Summed })
	if i < 0 {
		return statistic.Published{}, false
	}
	return st.Published[i], true
}

// shareOf returns the draw of the share that a day gives to its period, or nothing: where no
// period began in time, where it is closed, and where the day was filled in for.
func (s *Sealer) shareOf(p statistic.Published, st *statistic.Statistic, site string, day statistic.Day) (*ledger.Draw, error) {
	period, closed, ok := s.Ledger.Summing(site, st.ID, day.String())
	if _, given := s.Ledger.Share(site, st.ID, day.String()); !ok || closed || given {
		return nil, nil
	}
	draw, err := drawOf(p, st)
	draw.Share, draw.Cells = period.Days, period.Cells
	return &draw, err
}

// share draws the share of a reservation: noise on the count of each key of the period.
func (s *Sealer) share(ctx context.Context, r ledger.Reservation, draw ledger.Draw, cells []store.Cell) (store.Share, error) {
	period, _, _ := s.Ledger.Summing(r.Site, draw.Statistic, r.Period)
	first, err := statistic.ParseDay(period.First)
	if err != nil {
		return store.Share{}, err
	}
	keys, err := s.keysOf(ctx, period, first)
	if err != nil {
		return store.Share{}, err
	}
	measure, known := statistic.ParseMeasure(draw.Measure)
	if !known {
		return store.Share{}, fmt.Errorf("there is no measure %q", draw.Measure)
	}
	g, err := noise.New(draw.Drawn.Num, draw.Drawn.Den)
	if err != nil {
		return store.Share{}, fmt.Errorf("statistic %s: %w", draw.Statistic, err)
	}
	share := store.Share{Statistic: draw.Statistic, Period: first, Days: period.Days}
	counts := countsOf(keys, measure, cells)
	sigma2 := draw.Drawn.Rat()
	for i, key := range keys {
		drawn, err := g.Draw(s.Random)
		if err != nil {
			return store.Share{}, fmt.Errorf("statistic %s: %w", draw.Statistic, err)
		}
		share.Values = append(share.Values, store.Measurement{
			Keys: key, Measure: measure, Value: counts[i] + drawn, Sigma2: sigma2,
		})
	}
	return share, nil
}

// countsOf returns the count of each key. Cells of others are of pages that nobody declared.
func countsOf(keys [][]string, m statistic.Measure, cells []store.Cell) []int64 {
	counts, places := make([]int64, len(keys)), make(map[string]int, len(keys))
	for i, key := range keys {
		places[joined(key)] = i
	}
	for _, c := range cells {
		if i, ok := places[joined(c.Keys)]; ok {
			counts[i] += c.Counts[m]
		}
	}
	return counts
}

// keysOf returns the keys with which a period began.
func (s *Sealer) keysOf(ctx context.Context, p ledger.Period, first statistic.Day) ([][]string, error) {
	if s.domain.of == p {
		return s.domain.keys, nil
	}
	sums, err := s.Store.Sums(ctx, p.Site, p.Statistic, first, first)
	if err != nil {
		return nil, fmt.Errorf("read sums: %w", err)
	}
	if len(sums) == 0 || hashOf(sums[0].Keys) != p.Domain {
		return nil, fmt.Errorf("statistic %s of site %s from %s: the store has not the keys of the ledger: %w",
			p.Statistic, p.Site, p.First, ledger.ErrDomain)
	}
	s.domain = domain{p, sums[0].Keys}
	return s.domain.keys, nil
}

// A domain remembers the keys of the latest period: an import seals one day of it after
// another.
type domain struct {
	of   ledger.Period
	keys [][]string
}

// hashOf returns the SHA-256, in hex, of the keys, sorted, as JSON.
func hashOf(keys [][]string) string {
	keys = slices.SortedFunc(slices.Values(keys), slices.Compare[[]string])
	text, _ := json.Marshal(keys) // texts can always be written
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// drawOf returns the draw of a published figure, but for its cells.
func drawOf(p statistic.Published, st *statistic.Statistic) (ledger.Draw, error) {
	delta2, err1 := ledger.RatioOf(p.Delta2)
	sigma2, err2 := ledger.RatioOf(p.Sigma2)
	err := errors.Join(err1, err2)
	if err != nil {
		err = fmt.Errorf("statistic %s: %w", st.ID, err)
	}
	return ledger.Draw{Statistic: st.ID, Measure: p.Measure.String(), Delta2: delta2, Sigma2: sigma2}, err
}
