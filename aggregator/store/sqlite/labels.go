package sqlite

import (
	"database/sql"
	"iter"
	"slices"
)

// labelsAtOnce is how many texts find_labels, add_labels and forget_labels take.
const labelsAtOnce = 20

// meet takes in the ids of keys, many in one statement; those that have none get one.
// What is left over is left to [transaction.id].
func (t *transaction) meet(scope int64, keys iter.Seq[[]string]) error {
	texts := t.strangers(scope, keys)
	texts = texts[:len(texts)-len(texts)%labelsAtOnce]
	for some := range slices.Chunk(texts, labelsAtOnce) {
		if err := t.findMany(scope, some); err != nil {
			return err
		}
	}
	texts = slices.DeleteFunc(texts, func(text string) bool { return t.given[entry{scope, text}] != 0 })
	for len(texts) >= labelsAtOnce {
		if err := t.giveMany(scope, texts[:labelsAtOnce]); err != nil {
			return err
		}
		texts = texts[labelsAtOnce:]
	}
	return nil
}

// strangers returns the texts whose ids are not known, each once.
func (t *transaction) strangers(scope int64, keys iter.Seq[[]string]) []string {
	var texts []string
	known := t.dictionary.known[scope]
	for key := range keys {
		for _, text := range key {
			e := entry{scope, text}
			if _, ok := known[text]; ok {
				continue
			}
			if _, ok := t.given[e]; !ok {
				t.given[e] = 0 // to be found or given
				texts = append(texts, text)
			}
		}
	}
	return texts
}

// findMany takes in the ids of those of the texts that have one.
func (t *transaction) findMany(scope int64, texts []string) error {
	var args []any
	for _, text := range texts {
		args = append(args, text)
	}
	return t.each(findLabelsQuery, func(rows *sql.Rows) error {
		var id int64
		var text string
		err := rows.Scan(&id, &text)
		t.given[entry{scope, text}] = id
		return err
	}, append(args, scope)...)
}

// giveMany gives ids to texts that have none. Where one that was drawn is taken, no text
// of those is taken in: each is found, or gets its id, alone.
func (t *transaction) giveMany(scope int64, texts []string) error {
	var args []any
	var ids []int64
	for _, text := range texts {
		ids = append(ids, randomID(scope))
		args = append(args, scope, ids[len(ids)-1], text)
	}
	added, err := t.exec(addLabelsQuery, args...)
	if err != nil || added < int64(len(texts)) {
		return err
	}
	for i, text := range texts {
		t.given[entry{scope, text}] = ids[i]
	}
	return nil
}
