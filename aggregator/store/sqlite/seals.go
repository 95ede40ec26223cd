package sqlite

import (
	"context"
	"database/sql"
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
	if err := r.readMeasured(); err != nil {
		return err
	}
	for _, seal := range r.seals {
		for _, table := range seal.Tables {
			if err := order(table.Cells); err != nil {
				return err
			}
		}
	}
	return nil
}

// order orders cells by keys, and sees that no two have the same.
func order(cells []store.Folded) error {
	byKeys := func(a, b store.Folded) int { return slices.Compare(a.Keys, b.Keys) }
	if !slices.IsSortedFunc(cells, byKeys) { // as all are written that have one number of keys
		slices.SortFunc(cells, byKeys)
	}
	for i := 1; i < len(cells); i++ {
		if slices.Equal(cells[i-1].Keys, cells[i].Keys) {
			return errCells
		}
	}
	return nil
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
	texts, err := r.texts(sealedScope(r.statistic))
	if err != nil {
		return err
	}
	var at sealKey
	var part int
	var packed sql.RawBytes
	return r.each(packedCellsQuery, func(rows *sql.Rows) error {
		if err := rows.Scan(&at.period, &at.grain, &part, &packed); err != nil {
			return err
		}
		table, err := r.table(at)
		if err != nil {
			return err
		}
		if len(table.Cells) != part*cellsInRow {
			return errCells
		}
		table.Cells, err = unpackCells(table.Cells, packed, texts)
		return err
	}, r.statistic, r.site, r.from, r.to)
}

func (r *sealReader) readMeasured() error {
	texts, err := r.texts(measuredScope(r.statistic))
	if err != nil {
		return err
	}
	var at sealKey
	var packed sql.RawBytes
	return r.each(measuredQuery, func(rows *sql.Rows) error {
		if err := rows.Scan(&at.period, &at.grain, &packed); err != nil {
			return err
		}
		table, err := r.table(at)
		if err != nil {
			return err
		}
		table.Measurements, err = unpack(packed, texts)
		return err
	}, r.statistic, r.site, r.from, r.to)
}
