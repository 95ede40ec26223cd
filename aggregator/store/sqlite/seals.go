package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"math/big"
	"slices"

	"oboro/aggregator/statistic"
	"oboro/aggregator/store"
)

// Seals returns the seals of a site. See [store.Sealer].
func (s *Store) Seals(ctx context.Context, site, statisticID string, from, to statistic.Day) ([]store.Seal, error) {
	var seals []store.Seal
	err := s.read(ctx, "read seals", func(t *transaction) error {
		siteID, ok, err := t.find(siteScope, site)
		if err != nil || !ok {
			return err
		}
		r := sealReader{transaction: t, site: siteID, name: statisticID, from: from, to: to}
		if err := r.readSeals(site); err != nil {
			return err
		}
		seals = r.seals
		if statisticID == "" {
			return nil
		}
		if r.statistic, ok, err = t.find(statisticScope, statisticID); err != nil || !ok {
			return err
		}
		return r.readTables()
	})
	if err != nil {
		return nil, err
	}
	return seals, nil
}

// A sealReader reads the seals of one call.
type sealReader struct {
	*transaction
	statistic, site int64
	name            string
	from, to        statistic.Day
	seals           []store.Seal
	place           map[sealKey]int // in seals
}

type sealKey struct {
	period statistic.Day
	grain  int
}

func (r *sealReader) readSeals(site string) error {
	r.place = map[sealKey]int{}
	return r.each(sealsQuery, func(rows *sql.Rows) error {
		seal := store.Seal{Site: site}
		var grain int
		var reservation int64
		if err := rows.Scan(&seal.Period, &grain, &reservation, &seal.Epochs, &seal.Imported); err != nil {
			return err
		}
		seal.Grain, seal.Reservation = grains[grain], uint64(reservation)
		r.place[sealKey{seal.Period, grain}] = len(r.seals)
		r.seals = append(r.seals, seal)
		return nil
	}, r.site, r.from, r.to)
}

// readTables reads the statistic's part of the seals.
func (r *sealReader) readTables() error {
	if err := r.readEmptyTables(); err != nil {
		return err
	}
	if err := r.readCells(); err != nil {
		return err
	}
	if err := r.readMeasurements(); err != nil {
		return err
	}
	for _, seal := range r.seals {
		for _, table := range seal.Tables {
			sortTable(table)
		}
	}
	return nil
}

// sortTable puts rows in the promised order; ids, by which they are stored, are
// random.
func sortTable(table store.Sealed) {
	slices.SortFunc(table.Cells, func(a, b store.Folded) int { return slices.Compare(a.Keys, b.Keys) })
	slices.SortFunc(table.Measurements, func(a, b store.Measurement) int {
		return cmp.Or(cmp.Compare(a.Measure, b.Measure), slices.Compare(a.Keys, b.Keys))
	})
}

func (r *sealReader) readEmptyTables() error {
	return r.each(sealedTablesQuery, func(rows *sql.Rows) error {
		var key sealKey
		var forgotten bool
		if err := rows.Scan(&key.period, &key.grain, &forgotten); err != nil {
			return err
		}
		i, ok := r.place[key]
		if !ok {
			return errOrphan
		}
		r.seals[i].Tables = []store.Sealed{{Statistic: r.name, Forgotten: forgotten}}
		return nil
	}, r.statistic, r.site, r.from, r.to)
}

const errOrphan = refusal("a cell belongs to no seal, the store is damaged: stop oboro, keep the file, and go back to a copy")

// table returns the table that a row belongs to.
func (r *sealReader) table(key sealKey) (*store.Sealed, error) {
	i, ok := r.place[key]
	if !ok || len(r.seals[i].Tables) == 0 {
		return nil, errOrphan
	}
	return &r.seals[i].Tables[0], nil
}

func (r *sealReader) readCells() error {
	var at sealKey
	var keys keyColumns
	var c store.Folded
	into := intoShown(keys.into([]any{&at.period, &at.grain, &c.Merged}), &c.Counts)
	return r.each(sealedCellsQuery, func(rows *sql.Rows) error {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		table, err := r.table(at)
		if err != nil {
			return err
		}
		if c.Keys, err = keys.keys(); err != nil {
			return err
		}
		table.Cells = append(table.Cells, c)
		return nil
	}, sealedScope(r.statistic), r.statistic, r.site, r.from, r.to)
}

func (r *sealReader) readMeasurements() error {
	var at sealKey
	var keys keyColumns
	var m store.Measurement
	var numerator, denominator int64
	into := keys.into([]any{&at.period, &at.grain, &m.Measure, &m.Value, &numerator, &denominator})
	return r.each(measurementsQuery, func(rows *sql.Rows) error {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		table, err := r.table(at)
		if err != nil {
			return err
		}
		if m.Keys, err = keys.keys(); err != nil {
			return err
		}
		m.Sigma2 = big.NewRat(numerator, denominator)
		table.Measurements = append(table.Measurements, m)
		return nil
	}, sealedScope(r.statistic), r.statistic, r.site, r.from, r.to)
}
