package clickhouse

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"slices"

	"oboro/aggregator/statistic"
	"oboro/aggregator/store"
)

// grains are the codes of the grains in the store: append, never renumber.
var grains = []statistic.Grain{statistic.Daily, statistic.Weekly}

// grainOf returns the code of a grain. Where none is said it is a day.
func grainOf(g statistic.Grain) (uint8, error) {
	if g == "" {
		g = statistic.Daily
	}
	i := slices.Index(grains, g)
	if i < 0 {
		return 0, refusal("a table of open cells has no grain that the store knows")
	}
	return uint8(i), nil
}

// WriteSeal writes the seal. See [store.Sealer]. Its row in seals comes last: what was
// written of a seal that was cut short is named by the hash of that seal, and does not
// count.
func (s *Store) WriteSeal(ctx context.Context, seal store.Seal) error {
	const op = "write a seal"
	if err := checkSeal(seal); err != nil {
		return classified(ctx, op, err)
	}
	sh := s.shards[s.place(seal.Site)]
	err := sh.caughtUp(ctx, func(ctx context.Context, h *host) error {
		there, err := headersOn(ctx, h, headersOf{site: seal.Site, from: seal.Period, to: seal.Period})
		if err != nil || slices.ContainsFunc(there, func(h header) bool { return h.seal.Grain == seal.Grain }) {
			return err
		}
		return h.writeSeal(ctx, seal)
	})
	if err == nil {
		err = sh.tidy(ctx, seal.Site, seal.Shares)
	}
	if err == nil {
		err = sh.letGo(ctx, seal.Site)
	}
	return classified(ctx, op, err)
}

// checkSeal refuses a seal that could not be given back as it is.
func checkSeal(seal store.Seal) error {
	if !slices.Contains(grains, seal.Grain) {
		return refusal("it has no grain")
	}
	known := map[string]bool{}
	for _, t := range seal.Tables {
		if t.Statistic == "" {
			return refusal("a table of it names no statistic")
		}
		if known[t.Statistic] {
			return refusal("a statistic of it has two tables")
		}
		known[t.Statistic] = true
		if err := checkTable(t); err != nil {
			return err
		}
	}
	return nil
}

// keyed is what no two rows of a table have in common.
type keyed struct {
	measure int // -1 of a cell
	keys    [maxKeys]string
}

func keyOf(measure int, keys []string) keyed {
	k := keyed{measure: measure}
	copy(k.keys[:], keys)
	return k
}

func checkTable(t store.Sealed) error {
	known := map[keyed]bool{}
	note := func(measure int, keys []string) error {
		if err := checkKeys(keys); err != nil {
			return err
		}
		k := keyOf(measure, keys)
		if known[k] {
			return refusal("two of its rows have the same keys")
		}
		known[k] = true
		return nil
	}
	for _, c := range t.Cells {
		if err := note(-1, c.Keys); err != nil {
			return err
		}
	}
	for _, m := range t.Measurements {
		if m.Sigma2 == nil || !m.Sigma2.Num().IsInt64() || !m.Sigma2.Denom().IsInt64() {
			return refusal("the variance of a measurement is missing, or is no fraction of 63-bit numbers")
		}
		if err := note(int(m.Measure), m.Keys); err != nil {
			return err
		}
	}
	return nil
}

// A sealHash names the content of a seal.
type sealHash [16]byte

func hashOf(seal store.Seal) (sealHash, error) {
	text, err := json.Marshal(seal)
	if err != nil {
		return sealHash{}, errors.New("a seal cannot be written out")
	}
	sum := sha256.Sum256(text)
	return sealHash(sum[:len(sealHash{})]), nil
}

// writeSeal writes cells, measurements and shares, each in one block, then the seal's own row.
func (h *host) writeSeal(ctx context.Context, seal store.Seal) error {
	hash, err := hashOf(seal)
	if err != nil {
		return err
	}
	if err := h.checkShares(ctx, seal); err != nil {
		return err
	}
	cells, measurements := sealColumns(seal, hash)
	for query, columns := range map[string][]any{addSealedCellsQuery: cells, addMeasurementsQuery: measurements} {
		if columns == nil {
			continue
		}
		if err := insert(ctx, h, query, columns...); err != nil {
			return err
		}
	}
	if err := h.addShares(ctx, seal, hash); err != nil {
		return err
	}
	statistics := []string{}
	for _, t := range seal.Tables {
		statistics = append(statistics, t.Statistic)
	}
	imported := uint8(0)
	if seal.Imported {
		imported = 1
	}
	return insert(ctx, h, addSealQuery,
		[]string{seal.Site}, []int32{int32(seal.Period)}, []uint8{uint8(slices.Index(grains, seal.Grain))},
		[]uint64{seal.Reservation}, []uint32{uint32(seal.Epochs)}, []uint8{imported},
		[][]string{statistics}, []string{string(hash[:])})
}

// A placeColumns holds where rows of a seal belong.
type placeColumns struct {
	statistics []string
	keys       keyColumns
}

// sealColumns returns the columns of add_sealed_cells and of add_measurements, nil where
// there is no row. Rows stand in the order of the tables' keys.
func sealColumns(seal store.Seal, hash sealHash) (cells, measurements []any) {
	var of, drawn placeColumns
	var merged, values, numerators, denominators []int64
	var measures []uint8
	var counters counterColumns
	for _, t := range seal.Tables {
		for _, c := range t.Cells {
			of.statistics = append(of.statistics, t.Statistic)
			of.keys.add(c.Keys)
			merged = append(merged, int64(c.Merged))
			counters.add(c.Counts)
		}
		for _, m := range t.Measurements {
			drawn.statistics = append(drawn.statistics, t.Statistic)
			drawn.keys.add(m.Keys)
			measures = append(measures, uint8(m.Measure))
			values = append(values, m.Value)
			numerators = append(numerators, m.Sigma2.Num().Int64())
			denominators = append(denominators, m.Sigma2.Denom().Int64())
		}
	}
	before := func(p placeColumns) []any {
		n := len(p.statistics)
		grain := uint8(slices.Index(grains, seal.Grain))
		return []any{repeated(seal.Site, n), p.statistics, repeated(int32(seal.Period), n), repeated(grain, n)}
	}
	if n := len(merged); n > 0 {
		cells = with(before(of), &of.keys, []any{merged}, counters.shown(), repeated(string(hash[:]), n))
	}
	if n := len(values); n > 0 {
		measurements = with(append(before(drawn), measures), &drawn.keys,
			[]any{values, numerators, denominators}, nil, repeated(string(hash[:]), n))
	}
	return cells, measurements
}
