// Package seal ends a grain: it draws the measurements, folds the cells, and lets
// the open cells go.
//
// The order is that of the disclosure control: the budget is reserved in the
// ledger, the noise is drawn on the unsealed counters, the cells are folded, the
// whole outcome stands in one file of the ledger, is written to the store, and is
// committed. Killed before the file stands, the seal is drawn again under the same
// reservation, since nothing had left memory. Killed after, that very file is
// sent again; there is never another draw.
package seal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"oboro/aggregator/ledger"
	"oboro/aggregator/statistic"
	"oboro/aggregator/store"
)

// A Sealer seals the days and the weeks of sites.
type Sealer struct {
	Catalogue *statistic.Catalogue
	Ledger    *ledger.Ledger
	Store     Store
	Random    io.Reader
	K         int64
	Kin       Kin
	Sections  func(site string) func(page string) (section string, ok bool) // those that a site declares, or nil
	Config    string                                                        // hash of the configuration, for the ledger
	Changed   func(st *statistic.Statistic, from, to statistic.Day) string  // what it was counted by within the days, if that is another; or nil
	Code      string                                                        // version of the program, for the ledger

	domain domain // of the latest period that a share was drawn for
}

// A Store is what a Sealer writes to.
type Store interface {
	store.Sealer
	store.Periods
}

// A Day is what is to be sealed: the open cells of one site and day. They are those of all
// statistics of that grain, and of others what was counted before their grain was changed.
type Day struct {
	Site     string
	Day      statistic.Day
	Cells    map[string][]store.Cell // by statistic; taken over by the seal
	Epochs   int
	Imported bool
}

// Seal seals a day. Sealing a sealed day again does nothing, and the first result is
// false. A day whose cells are not complete is refused with ErrIncomplete.
func (s *Sealer) Seal(ctx context.Context, d Day) (bool, error) {
	return s.seal(ctx, sealing{d, statistic.Daily})
}

// SealWeek seals the week that begins with the day, as Seal does a day: all of its days are
// over. Nothing of a week is published, so nothing is drawn; the reservation is there for its
// number, which is in the ledger once, and so for one outcome.
func (s *Sealer) SealWeek(ctx context.Context, d Day) (bool, error) {
	return s.seal(ctx, sealing{d, statistic.Weekly})
}

// A sealing is of a day, or of the week that begins with it.
type sealing struct {
	Day
	grain statistic.Grain
}

func (s *Sealer) seal(ctx context.Context, d sealing) (bool, error) {
	if s.K < statistic.LeastK {
		return false, fmt.Errorf("k is %d: at least %d is needed", s.K, statistic.LeastK)
	}
	complete := s.complete(d) // of no account where the outcome stands, or the day is sealed
	r, ok := s.Ledger.Find(d.Site, string(d.grain), d.Day.Day.String())
	if !ok {
		if complete != nil {
			return false, complete
		}
		var err error
		if r, err = s.reserve(d); err != nil {
			return false, err
		}
	}
	return s.through(ctx, r, func() (store.Seal, error) {
		if complete != nil {
			return store.Seal{}, complete
		}
		return s.outcome(ctx, d, r)
	})
}

// through takes a reservation to its commit: what stands is sent, and only where nothing does
// is the outcome drawn. The first result is false where it was committed before.
func (s *Sealer) through(ctx context.Context, r ledger.Reservation, draw func() (store.Seal, error)) (bool, error) {
	if r.Committed != 0 {
		return false, s.Ledger.Forget(r.Seq) // it was killed before it did
	}
	file, ok, err := s.Ledger.Result(r.Seq)
	if err != nil {
		return false, err
	}
	if ok {
		return true, s.resume(ctx, r, file)
	}
	outcome, err := draw()
	if err != nil {
		return false, err
	}
	if file, err = json.Marshal(outcome); err != nil {
		return false, fmt.Errorf("encode the seal: %w", err)
	}
	if err := s.Ledger.WriteResult(r.Seq, file); err != nil {
		return false, err
	}
	return true, s.finish(ctx, r, outcome)
}

// Recover finishes the seals whose outcome stands in the ledger: those that were not
// committed are, and the files of those that were go. It is called at start, before anything
// else is sealed.
func (s *Sealer) Recover(ctx context.Context) error {
	for _, r := range s.Ledger.Pending() {
		if file, ok, err := s.Ledger.Result(r.Seq); err != nil {
			return err
		} else if ok {
			if err := s.resume(ctx, r, file); err != nil {
				return err
			}
		}
	}
	return s.Forget()
}

// Forget removes the files of all committed seals that still stand in the ledger. One that
// is not what was committed is left, with an error.
func (s *Sealer) Forget() error {
	settled, err := s.Ledger.Settled()
	errs := []error{err}
	for _, r := range settled {
		errs = append(errs, s.Ledger.Forget(r.Seq))
	}
	return errors.Join(errs...)
}

// resume finishes a seal whose outcome stood in the ledger before.
func (s *Sealer) resume(ctx context.Context, r ledger.Reservation, file []byte) error {
	var outcome store.Seal
	if err := json.Unmarshal(file, &outcome); err != nil {
		return fmt.Errorf("the outcome of reservation %d cannot be read: %w", r.Seq, err)
	}
	return s.finish(ctx, r, outcome)
}

// finish writes the outcome, which stands in the ledger, to the store, commits, and lets the
// ledger forget all of it but its hash. An outcome of just now is the same as the file read
// back would give.
func (s *Sealer) finish(ctx context.Context, r ledger.Reservation, outcome store.Seal) error {
	if err := s.write(ctx, r, outcome); err != nil {
		return fmt.Errorf("write the seal: %w", err)
	}
	if err := s.Ledger.Commit(r.Seq); err != nil {
		return err
	}
	return s.Ledger.Forget(r.Seq)
}

// write writes the outcome to the store. What fills in for a day is no seal of it.
func (s *Sealer) write(ctx context.Context, r ledger.Reservation, outcome store.Seal) error {
	if !r.Fill {
		return s.Store.WriteSeal(ctx, outcome)
	}
	for _, share := range outcome.Shares {
		if err := s.Store.AddShare(ctx, outcome.Site, outcome.Period, share); err != nil {
			return err
		}
	}
	return nil
}

// reserve takes the budget of all draws of the day, or week, out of the ledger.
func (s *Sealer) reserve(d sealing) (ledger.Reservation, error) {
	want := ledger.Reservation{
		Site: d.Site, Grain: string(d.grain), Period: d.Day.Day.String(), Epochs: max(d.Epochs, 1),
		Imported: d.Imported, Marked: bounded(d.Cells[store.Meters]), Config: s.Config, Code: s.Code,
	}
	for _, st := range s.Catalogue.All() {
		if st.Grain != d.grain {
			continue
		}
		for _, p := range st.Published {
			draw, err := s.drawOfDay(p, st, d.Day)
			if err != nil {
				return ledger.Reservation{}, err
			}
			if draw != nil {
				want.Draws = append(want.Draws, *draw)
			}
		}
	}
	return s.Ledger.Reserve(want)
}

// drawOfDay returns the draw of a published figure at the seal of a day, or nothing where
// there is none.
func (s *Sealer) drawOfDay(p statistic.Published, st *statistic.Statistic, d Day) (*ledger.Draw, error) {
	if p.Summed {
		return s.shareOf(p, st, d.Site, d.Day)
	}
	draw, err := drawOf(p, st)
	draw.Cells = len(st.Domain(nil))
	return &draw, err
}

// bounds are the meters of bounds that make what one visitor adds depend on others: the
// admission cap, shedding, and the rate of a network.
var bounds = []string{"over-cap", "shed", "backlog", "rate"}

// bounded reports whether a bound acted on the day.
func bounded(meters []store.Cell) bool {
	for _, c := range meters {
		if slices.Contains(bounds, c.Keys[0]) && c.Counts[statistic.Hits] > 0 {
			return true
		}
	}
	return false
}

func (s *Sealer) outcome(ctx context.Context, d sealing, r ledger.Reservation) (store.Seal, error) {
	outcome := store.Seal{
		Site: d.Site, Grain: d.grain, Period: d.Day.Day,
		Reservation: r.Seq, Epochs: r.Epochs, Imported: r.Imported, // as the noise was reserved
	}
	// Measurements first, all of them: no fold may come before a draw.
	measured := map[string][]store.Measurement{}
	for _, draw := range r.Draws {
		st, ok := s.Catalogue.Find(draw.Statistic)
		measure, known := statistic.ParseMeasure(draw.Measure)
		if !ok || !known {
			return store.Seal{}, fmt.Errorf("reservation %d is of statistic %s, which is not enabled any more", r.Seq, draw.Statistic)
		}
		if draw.Share > 0 {
			share, err := s.share(ctx, r, draw, d.Cells[st.ID])
			if err != nil {
				return store.Seal{}, err
			}
			outcome.Shares = append(outcome.Shares, share)
			continue
		}
		m, err := Measure(st, measure, draw.Drawn, d.Cells[st.ID], s.Random)
		if err != nil {
			return store.Seal{}, err
		}
		measured[st.ID] = append(measured[st.ID], m...)
	}
	folded := s.fold(d)
	for _, st := range s.Catalogue.All() {
		if st.Grain != d.grain && len(d.Cells[st.ID]) == 0 {
			continue
		}
		outcome.Tables = append(outcome.Tables, store.Sealed{
			Statistic:    st.ID,
			Cells:        folded[st.ID],
			Measurements: measured[st.ID],
		})
	}
	// What was counted of a statistic before it was switched off goes unseen.
	for _, id := range s.Catalogue.Off() {
		outcome.Tables = append(outcome.Tables, store.Sealed{Statistic: id})
	}
	if d.grain == statistic.Daily {
		outcome.Tables = append(outcome.Tables, meters(d.Cells[store.Meters]))
	}
	clear(d.Cells) // a million of them take the memory that writing the outcome needs
	return outcome, nil
}

func (s *Sealer) fold(d sealing) map[string][]store.Folded {
	if d.grain == statistic.Weekly {
		return FoldWeek(s.Catalogue, s.kinOf(d.Site), s.K, d.Cells)
	}
	return FoldAll(s.Catalogue, s.kinOf(d.Site), s.K, d.Cells)
}

// kinOf returns the kin with the sections that the site declares.
func (s *Sealer) kinOf(site string) Kin {
	kin := s.Kin
	if s.Sections != nil {
		kin.Section = s.Sections(site)
	}
	return kin
}

// meters returns the sealed table of the meters, which have no dimension of a
// person and are kept as they are. Their order is not that in which a store yields them: the
// ledger has the hash of the outcome, which is the same whatever store the cells were in.
func meters(cells []store.Cell) store.Sealed {
	table := store.Sealed{Statistic: store.Meters}
	for _, c := range cells {
		table.Cells = append(table.Cells, store.Folded{Keys: c.Keys, Counts: c.Counts})
	}
	slices.SortFunc(table.Cells, func(a, b store.Folded) int { return slices.Compare(a.Keys, b.Keys) })
	return table
}
