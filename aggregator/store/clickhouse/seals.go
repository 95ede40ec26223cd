package clickhouse

import (
	"context"
	"math/big"
	"slices"

	"oboro/aggregator/statistic"
	"oboro/aggregator/store"
)

// headersOf says which seals are meant.
type headersOf struct {
	site, statistic string
	from, to        statistic.Day
}

// A header is the row of a seal.
type header struct {
	seal store.Seal
	hash sealHash
	has  bool // a table of the statistic
}

// headersOn returns the seals without their tables. Where a period has two rows of a grain,
// one of which came twice or from another process, the first counts, for everyone.
func headersOn(ctx context.Context, h *host, of headersOf) ([]header, error) {
	rows, err := h.conn.Query(ctx, sealsQuery, of.statistic, of.site, int32(of.from), int32(of.to))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []header
	for rows.Next() {
		var period int32
		var grain, imported, has uint8
		var epochs uint32
		var hash string
		one := header{seal: store.Seal{Site: of.site}}
		if err := rows.Scan(&period, &grain, &one.seal.Reservation, &epochs, &imported, &has, &hash); err != nil {
			return nil, err
		}
		if int(grain) >= len(grains) {
			return nil, refusal("a seal has a grain that this oboro does not know: run the version that wrote it")
		}
		one.seal.Period, one.seal.Grain = statistic.Day(period), grains[grain]
		one.seal.Epochs, one.seal.Imported, one.has = int(epochs), imported == 1, has == 1
		copy(one.hash[:], hash)
		if last := len(list) - 1; last < 0 || list[last].seal.Period != one.seal.Period || list[last].seal.Grain != one.seal.Grain {
			list = append(list, one)
		}
	}
	return list, rows.Err()
}

// Seals returns the seals of a site. See [store.Sealer].
func (s *Store) Seals(ctx context.Context, site, statisticID string, from, to statistic.Day) ([]store.Seal, error) {
	var seals []store.Seal
	of := headersOf{site: site, statistic: statisticID, from: from, to: to}
	err := s.shards[s.place(site)].try(ctx, func(ctx context.Context, h *host) error {
		list, err := headersOn(ctx, h, of)
		if err != nil {
			return err
		}
		r := sealReader{host: h, of: of, tables: map[sealHash]*store.Sealed{}}
		if err := r.read(ctx, list); err != nil {
			return err
		}
		seals = r.seals(list)
		return nil
	})
	if err != nil {
		return nil, classified(ctx, "read seals", err)
	}
	return seals, nil
}

// A sealReader reads the tables of one statistic.
type sealReader struct {
	host   *host
	of     headersOf
	tables map[sealHash]*store.Sealed
}

func (r *sealReader) read(ctx context.Context, list []header) error {
	if !slices.ContainsFunc(list, func(h header) bool { return h.has }) {
		return nil
	}
	for _, h := range list {
		if h.has {
			r.tables[h.hash] = &store.Sealed{Statistic: r.of.statistic}
		}
	}
	if err := r.readForgotten(ctx, list); err != nil {
		return err
	}
	if err := r.readCells(ctx); err != nil {
		return err
	}
	return r.readMeasurements(ctx)
}

// seals returns the seals with what was read.
func (r *sealReader) seals(list []header) []store.Seal {
	var seals []store.Seal
	for _, h := range list {
		if h.has && r.of.statistic != "" {
			h.seal.Tables = []store.Sealed{*r.tables[h.hash]}
		}
		seals = append(seals, h.seal)
	}
	return seals
}

// each scans every row of a statement about the statistic and site into places, and calls
// take after it.
func (r *sealReader) each(ctx context.Context, query string, places []any, take func()) error {
	rows, err := r.host.conn.Query(ctx, query, r.of.site, r.of.statistic, int32(r.of.from), int32(r.of.to))
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := rows.Scan(places...); err != nil {
			return err
		}
		take()
	}
	return rows.Err()
}

// readForgotten marks the tables whose retention is over.
func (r *sealReader) readForgotten(ctx context.Context, list []header) error {
	var period int32
	var grain uint8
	return r.each(ctx, forgottenQuery, []any{&period, &grain}, func() {
		for _, h := range list {
			if h.has && h.seal.Period == statistic.Day(period) && h.seal.Grain == grains[grain] {
				r.tables[h.hash].Forgotten = true
			}
		}
	})
}

// readCells reads the cells, but not those of a forgotten table, which may not be deleted
// yet. A row that came twice stands beside its like.
func (r *sealReader) readCells(ctx context.Context) error {
	var hash string
	var merged int64
	var keys keyRow
	var counts statistic.Counts
	return r.each(ctx, sealedCellsQuery, into([]any{&hash, &merged}, &keys, sealedCounters(&counts)...), func() {
		table := r.table(hash)
		if table == nil || table.Forgotten {
			return
		}
		own := keys.keys()
		if last := len(table.Cells) - 1; last >= 0 && slices.Equal(table.Cells[last].Keys, own) {
			return
		}
		table.Cells = append(table.Cells, store.Folded{Keys: own, Counts: counts, Merged: int(merged)})
	})
}

func (r *sealReader) readMeasurements(ctx context.Context) error {
	var hash string
	var measure uint8
	var keys keyRow
	var value, numerator, denominator int64
	places := into([]any{&hash, &measure}, &keys, &value, &numerator, &denominator)
	return r.each(ctx, measurementsQuery, places, func() {
		table := r.table(hash)
		if table == nil {
			return
		}
		own := store.Measurement{Keys: keys.keys(), Measure: statistic.Measure(measure), Value: value, Sigma2: big.NewRat(numerator, denominator)}
		if last := len(table.Measurements) - 1; last >= 0 && table.Measurements[last].Measure == own.Measure &&
			slices.Equal(table.Measurements[last].Keys, own.Keys) {
			return
		}
		table.Measurements = append(table.Measurements, own)
	})
}

// table returns the table that a row belongs to, or nil where its seal was cut short.
func (r *sealReader) table(hash string) *store.Sealed {
	var h sealHash
	copy(h[:], hash)
	return r.tables[h]
}
