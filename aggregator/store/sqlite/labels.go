package sqlite

import (
	"database/sql"
	"iter"
	"slices"
)

// labelsAtOnce is how many texts find_labels, add_labels and forget_labels take.
const labelsAtOnce = 20

// meet takes in the ids of keys, many in one statement; those that have none get one.
// What is left over is left to [transaction.id]. room is about how many texts there are.
func (t *transaction) meet(scope int64, keys iter.Seq[[]string], room int) error {
	texts := t.strangers(scope, keys, room)
	texts = texts[:len(texts)-len(texts)%labelsAtOnce]
	if len(texts) == 0 {
		return nil
	}
	some, _, err := t.number(hasLabelsQuery, scope)
	if err != nil {
		return err
	}
	if some != 0 { // at a statistic's first seal there is nothing to find
		for part := range slices.Chunk(texts, labelsAtOnce) {
			if err := t.findMany(scope, part); err != nil {
				return err
			}
		}
		given := t.given[scope]
		texts = slices.DeleteFunc(texts, func(text string) bool { return given[text] != 0 })
	}
	for len(texts) >= labelsAtOnce {
		if err := t.giveMany(scope, texts[:labelsAtOnce]); err != nil {
			return err
		}
		texts = texts[labelsAtOnce:]
	}
	return nil
}

// strangers returns the texts whose ids are not known, each once.
func (t *transaction) strangers(scope int64, keys iter.Seq[[]string], room int) []string {
	var texts []string
	known, given := t.dictionary.known[scope], t.givenIn(scope, room)
	for key := range keys {
		for _, text := range key {
			if _, ok := known[text]; ok {
				continue
			}
			if _, ok := given[text]; !ok {
				given[text] = 0 // to be found or given
				texts = append(texts, text)
			}
		}
	}
	return texts
}

// findMany takes in the ids of those of the texts that have one.
func (t *transaction) findMany(scope int64, texts []string) error {
	args := make([]any, 0, labelsAtOnce+1)
	for _, text := range texts {
		args = append(args, text)
	}
	given := t.given[scope]
	return t.each(findLabelsQuery, func(rows *sql.Rows) error {
		var id int64
		var text string
		err := rows.Scan(&id, &text)
		given[text] = id
		return err
	}, append(args, scope)...)
}

// giveMany gives ids to texts that have none. Where one that was drawn is taken, no text
// of those is taken in: each is found, or gets its id, alone.
func (t *transaction) giveMany(scope int64, texts []string) error {
	args := make([]any, 0, 3*labelsAtOnce)
	var drawn [labelsAtOnce]int64
	for i, text := range texts {
		drawn[i] = randomID(scope)
		args = append(args, scope, drawn[i], text)
	}
	added, err := t.exec(addLabelsQuery, args...)
	if err != nil || added < int64(len(texts)) {
		return err
	}
	given := t.given[scope]
	for i, text := range texts {
		given[text] = drawn[i]
	}
	return nil
}
