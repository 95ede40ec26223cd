package sqlite

import (
	"embed"

	"oboro/aggregator/store"
)

// What the tests see of the inside.
var (
	OpenWithPatience           = open
	Classified                 = classified
	Migrations                 = migrations
	Queries          *embed.FS = &queries
)

// PackCells packs cells in their order, with the ids of their keys.
func PackCells(cells []store.Folded, ids map[string]int64) ([]byte, error) {
	const scope = 5
	t := &transaction{dictionary: &dictionary{known: map[int64]labelIDs{scope: ids}}}
	var list []*store.Folded
	for i := range cells {
		list = append(list, &cells[i])
	}
	return t.packCells(scope, list)
}

// UnpackCells reads what PackCells has written.
func UnpackCells(packed []byte, ids map[string]int64) ([]store.Folded, error) {
	texts := map[int64]string{}
	for text, id := range ids {
		texts[id] = text
	}
	return unpackCells(nil, packed, texts)
}
