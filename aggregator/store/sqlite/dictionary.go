package sqlite

import (
	"crypto/rand"
	"encoding/binary"
	"maps"
	"slices"
)

// The scopes of the dictionary that are no statistic's. An id is at least 1, so
// that the scopes of a statistic begin at 2.
const (
	siteScope      = 0
	statisticScope = 1
)

// sealedScope is the scope of the keys of a statistic's sealed cells. Those of open cells are
// in open_labels, so that open and sealed cells share no id.
func sealedScope(statistic int64) int64 { return 2*statistic + 1 }

// measuredScope is that of a statistic's measurements, whose keys stay.
func measuredScope(statistic int64) int64 { return -statistic }

// isSealedScope reports whether the scope is of what is written at a seal.
func isSealedScope(scope int64) bool { return scope != siteScope && scope != statisticScope }

// maxLabel is the longest text the dictionary takes, in bytes.
const maxLabel = 256

// maxKeys is how many keys a cell may have.
const maxKeys = 3

// labelIDs are the ids of texts.
type labelIDs map[string]int64

// A dictionary remembers ids of texts that are in the store, for the writer.
type dictionary struct {
	known   map[int64]labelIDs    // by scope
	open    map[tableKey]labelIDs // of open cells
	texts   int                   // in known
	version int64                 // the data version under which they were read
}

func (d *dictionary) forget() {
	d.known, d.open, d.texts = map[int64]labelIDs{}, map[tableKey]labelIDs{}, 0
}

// forgetScope forgets the texts of a scope, of which some are gone.
func (d *dictionary) forgetScope(scope int64) {
	d.texts -= len(d.known[scope])
	delete(d.known, scope)
}

// forgetTable forgets the texts of a table's open cells, which are gone.
func (d *dictionary) forgetTable(place tableKey) { delete(d.open, place) }

// mostSealed bounds how many texts are known when those of a seal are learned too: an
// import writes those of one day after another, most of which are the same.
const mostSealed = 1 << 14

// learn takes in what a transaction found or gave, once that is kept.
func (d *dictionary) learn(t *transaction) {
	for scope, given := range t.given {
		if d.known[scope] == nil {
			d.known[scope] = labelIDs{}
		}
		for text, id := range given {
			if isSealedScope(scope) && d.texts >= mostSealed {
				break
			}
			d.known[scope][text] = id
			d.texts++
		}
	}
	for place, given := range t.givenOpen {
		if d.open[place] == nil {
			d.open[place] = labelIDs{}
		}
		maps.Copy(d.open[place], given)
	}
}

// checkDictionary forgets everything if another connection has written: it may have
// deleted labels whose ids we know.
func (t *transaction) checkDictionary() error {
	version, _, err := t.number(dataVersionQuery)
	if err != nil {
		return err
	}
	if version != t.dictionary.version {
		t.dictionary.forget()
		t.dictionary.version = version
	}
	return nil
}

// find returns the id of the text, if it has one.
func (t *transaction) find(scope int64, text string) (id int64, ok bool, err error) {
	return t.number(findLabelQuery, scope, text)
}

// id returns the id of the text, and gives it one where it has none.
func (t *transaction) id(scope int64, text string) (int64, error) {
	if id, ok := t.dictionary.known[scope][text]; ok {
		return id, nil
	}
	if id := t.given[scope][text]; id != 0 {
		return id, nil
	}
	id, ok, err := t.find(scope, text)
	if err == nil && !ok {
		id, err = t.give(scope, text)
	}
	if err != nil {
		return 0, err
	}
	t.givenIn(scope, 0)[text] = id
	return id, nil
}

// givenIn returns what the transaction has of a scope, with room for so many texts where it
// has nothing.
func (t *transaction) givenIn(scope int64, room int) labelIDs {
	if t.given[scope] == nil {
		t.given[scope] = make(labelIDs, room)
	}
	return t.given[scope]
}

// openID returns the id of a text of the open cells of a table, and gives it one where it
// has none: of 62 random bits, of which two among a million are alike once in ten million
// days; a reader then finds both, and refuses them.
func (t *transaction) openID(place tableKey, text string) (int64, error) {
	if id, ok := t.dictionary.open[place][text]; ok {
		return id, nil
	}
	if id, ok := t.givenOpen[place][text]; ok {
		return id, nil
	}
	id, ok, err := t.number(findOpenLabelQuery, place.statistic, place.period, place.grain, place.site, text)
	if err == nil && !ok {
		if len(text) > maxLabel {
			return 0, errLong
		}
		id = randomOpenID()
		_, err = t.exec(addOpenLabelQuery, place.statistic, place.period, place.grain, place.site, text, id)
	}
	if err != nil {
		return 0, err
	}
	if t.givenOpen[place] == nil {
		t.givenOpen[place] = labelIDs{}
	}
	t.givenOpen[place][text] = id
	return id, nil
}

const errLong = refusal("a label is longer than 256 bytes")

// randomOpenID returns an id for a key of open cells. It is never 0, which stands for no key.
func randomOpenID() int64 {
	for {
		var b [8]byte
		rand.Read(b[:]) // never fails
		if id := int64(binary.LittleEndian.Uint64(b[:]) >> 2); id != 0 {
			return id
		}
	}
}

// give draws ids until one is free. Far fewer are ever in use than there are, so
// that a second draw is rare.
func (t *transaction) give(scope int64, text string) (int64, error) {
	if len(text) > maxLabel {
		return 0, errLong
	}
	for range 1000 {
		id := randomID(scope)
		added, err := t.exec(addLabelQuery, scope, id, text)
		if err != nil || added == 1 {
			return id, err
		}
	}
	return 0, refusal("the dictionary has no free ids left")
}

// randomID returns an id of 31 bits for a key, and one of 23 bits, which is a byte
// less in every cell, for a site or a statistic. It is never 0.
func randomID(scope int64) int64 {
	bits := 31
	if scope == siteScope || scope == statisticScope {
		bits = 23
	}
	for {
		var b [4]byte
		rand.Read(b[:]) // never fails
		if id := int64(binary.LittleEndian.Uint32(b[:]) >> (32 - bits)); id != 0 {
			return id
		}
	}
}

// ids returns the ids of a cell's keys; 0 stands for no key.
func (t *transaction) ids(scope int64, keys []string) (list [maxKeys]int64, err error) {
	if err := checkKeys(keys); err != nil {
		return list, err
	}
	for i, key := range keys {
		if list[i], err = t.id(scope, key); err != nil {
			return list, err
		}
	}
	return list, nil
}

// openIDs returns the ids of the keys of an open cell of the table; 0 stands for no key.
func (t *transaction) openIDs(place tableKey, keys []string) (list [maxKeys]int64, err error) {
	if err := checkKeys(keys); err != nil {
		return list, err
	}
	for i, key := range keys {
		if list[i], err = t.openID(place, key); err != nil {
			return list, err
		}
	}
	return list, nil
}

func checkKeys(keys []string) error {
	switch {
	case len(keys) > maxKeys:
		return refusal("a cell has more than 3 keys")
	case slices.Contains(keys, ""):
		return refusal("a key of a cell is empty")
	}
	return nil
}
