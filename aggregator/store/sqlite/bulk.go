package sqlite

import (
	"cmp"
	"database/sql"
	"slices"
	"strings"

	"oboro/aggregator/statistic"
	"oboro/aggregator/store"
)

const (
	// bulk is how many rows one statement writes where there are many: its cost is shared.
	bulk = 32
	// mostAlone is how many cells a table may have whose labels are found one by one. An
	// import seals small tables whose labels are known; a large table is looked up in bulk.
	mostAlone = 256
)

// The statements of many rows.
var (
	addManyLabelsQuery      = many(addLabelQuery)
	addManySealedCellsQuery = many(addSealedCellQuery)
	findManyLabelsQuery     = strings.Replace(findLabelsQuery, "(?)", "(?"+strings.Repeat(", ?", bulk-1)+")", 1)
)

// many returns a statement that writes one row as one that writes so many.
func many(query string) string {
	from := strings.Index(query, "(?")
	to := from + strings.IndexByte(query[from:], ')') + 1
	return query[:from] + strings.Repeat(query[from:to]+", ", bulk-1) + query[from:]
}

// A sealedRow is a sealed cell with the ids of its keys.
type sealedRow struct {
	keys [maxKeys]int64
	cell *store.Folded
}

// addSealedCells writes the cells of a table, in the order of their ids: that is where they
// stand in the file, and, ids being random, tells no other.
func (t *transaction) addSealedCells(place sealedTable, cells []store.Folded) error {
	rows, err := t.sealedRows(place, cells)
	if err != nil {
		return err
	}
	slices.SortFunc(rows, func(a, b sealedRow) int { return slices.Compare(a.keys[:], b.keys[:]) })
	args := make([]any, 0, bulk*(8+statistic.Measures))
	for ; len(rows) >= bulk; rows = rows[bulk:] {
		args = args[:0]
		for _, row := range rows[:bulk] {
			args = row.append(args, place)
		}
		if _, err := t.exec(addManySealedCellsQuery, args...); err != nil {
			return err
		}
	}
	for _, row := range rows {
		if _, err := t.exec(addSealedCellQuery, row.append(args[:0], place)...); err != nil {
			return err
		}
	}
	return nil
}

func (r sealedRow) append(args []any, place sealedTable) []any {
	args = append(args, place.statistic, place.site, place.period, place.grain, r.keys[0], r.keys[1], r.keys[2], r.cell.Merged)
	return counters(args, r.cell.Counts)
}

func (t *transaction) sealedRows(place sealedTable, cells []store.Folded) ([]sealedRow, error) {
	scope := sealedScope(place.statistic)
	find := func(keys []string) ([maxKeys]int64, error) { return t.ids(scope, keys) }
	if len(cells) > mostAlone {
		known, err := t.bulkIDs(scope, cells)
		if err != nil {
			return nil, err
		}
		find = known.ids
	}
	rows := make([]sealedRow, 0, len(cells))
	for i := range cells {
		keys, err := find(cells[i].Keys)
		if err != nil {
			return nil, err
		}
		rows = append(rows, sealedRow{keys, &cells[i]})
	}
	return rows, nil
}

// A labelIDs holds texts, sorted, with their ids. Of a table of a million cells it takes much
// less than a map would.
type labelIDs []labelID

type labelID struct {
	text string
	id   int64
}

// ids returns the ids of a cell's keys, as [transaction.ids] does.
func (l labelIDs) ids(keys []string) (ids [maxKeys]int64, err error) {
	for i, key := range keys {
		at, _ := slices.BinarySearchFunc(l, key, func(a labelID, text string) int { return cmp.Compare(a.text, text) })
		ids[i] = l[at].id
	}
	return ids, nil
}

// bulkIDs returns the ids of all keys of the cells, and gives those that have none one.
func (t *transaction) bulkIDs(scope int64, cells []store.Folded) (labelIDs, error) {
	all := make(labelIDs, 0, len(cells))
	for _, c := range cells {
		if err := checkKeys(c.Keys); err != nil {
			return nil, err
		}
		for _, key := range c.Keys {
			all = append(all, labelID{text: key})
		}
	}
	slices.SortFunc(all, func(a, b labelID) int { return cmp.Compare(a.text, b.text) })
	all = slices.CompactFunc(all, func(a, b labelID) bool { return a.text == b.text })
	for rest := all; len(rest) > 0; {
		part := rest[:min(bulk, len(rest))]
		if err := t.someIDs(scope, part); err != nil {
			return nil, err
		}
		rest = rest[len(part):]
	}
	return all, nil
}

// someIDs fills in the ids of some texts: together where they are as many as a statement
// takes, and all new or all known; else, and where a random id is taken, one by one.
func (t *transaction) someIDs(scope int64, part labelIDs) error {
	if len(part) == bulk {
		found, err := t.findMany(scope, part)
		if err != nil || found == bulk {
			return err
		}
		if found == 0 {
			if given, err := t.giveMany(scope, part); err != nil || given {
				return err
			}
		}
	}
	for i := range part {
		if part[i].id != 0 {
			continue
		}
		id, ok, err := t.find(scope, part[i].text)
		if err == nil && !ok {
			id, err = t.give(scope, part[i].text)
		}
		if err != nil {
			return err
		}
		part[i].id = id
	}
	return nil
}

// findMany fills in the ids of those texts that have one, and returns how many have.
func (t *transaction) findMany(scope int64, part labelIDs) (found int, err error) {
	st, err := t.prepare(findManyLabelsQuery)
	if err != nil {
		return 0, err
	}
	args := []any{scope}
	for _, l := range part {
		args = append(args, l.text)
	}
	rows, err := st.QueryContext(t.ctx, args...)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	for ; rows.Next(); found++ {
		var id int64
		var text sql.RawBytes
		if err := rows.Scan(&id, &text); err != nil {
			return 0, err
		}
		at, _ := slices.BinarySearchFunc(part, string(text), func(a labelID, text string) int { return cmp.Compare(a.text, text) })
		part[at].id = id
	}
	return found, rows.Err()
}

// giveMany gives each text an id, or, where one of them was taken, none of those that are
// left at 0 for sure.
func (t *transaction) giveMany(scope int64, part labelIDs) (bool, error) {
	ids, args := make([]int64, bulk), make([]any, 0, 3*bulk)
	for i, l := range part {
		if len(l.text) > maxLabel {
			return false, errLong
		}
		ids[i] = randomID(scope)
		args = append(args, scope, ids[i], l.text)
	}
	added, err := t.exec(addManyLabelsQuery, args...)
	if err != nil || added < bulk {
		return false, err
	}
	for i := range part {
		part[i].id = ids[i]
	}
	return true, nil
}
