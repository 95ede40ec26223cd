package sqlite

import (
	"crypto/rand"
	"encoding/binary"
)

// The scopes of the dictionary that are no statistic's. An id is at least 1, so
// that the scopes of a statistic begin at 2.
const (
	siteScope      = 0
	statisticScope = 1
)

// openScope and sealedScope are the scopes of a statistic's keys. They differ, so
// that open and sealed cells share no id either.
func openScope(statistic int64) int64   { return 2 * statistic }
func sealedScope(statistic int64) int64 { return 2*statistic + 1 }

// measuredScope is that of a statistic's measurements, whose keys stay.
func measuredScope(statistic int64) int64 { return -statistic }

// isSealedScope reports whether the scope is of what is written at a seal.
func isSealedScope(scope int64) bool { return scope < 0 || scope > statisticScope && scope%2 == 1 }

// maxLabel is the longest text the dictionary takes, in bytes.
const maxLabel = 256

// maxKeys is how many keys a cell may have.
const maxKeys = 3

type entry struct {
	scope int64
	text  string
}

// A dictionary remembers ids of texts that are in the store, for the writer.
type dictionary struct {
	known   map[int64]map[string]int64 // ids by scope and text
	texts   int                        // in known
	version int64                      // the data version under which they were read
}

func (d *dictionary) forget() { d.known, d.texts = map[int64]map[string]int64{}, 0 }

// forgetScope forgets the texts of a scope, of which some are gone.
func (d *dictionary) forgetScope(scope int64) {
	d.texts -= len(d.known[scope])
	delete(d.known, scope)
}

// mostSealed bounds how many texts are known when those of a seal are learned too: an
// import writes those of one day after another, most of which are the same.
const mostSealed = 1 << 14

// learn takes in what a transaction found or gave, once that is kept.
func (d *dictionary) learn(given map[entry]int64) {
	for e, id := range given {
		if isSealedScope(e.scope) && d.texts >= mostSealed {
			continue
		}
		if d.known[e.scope] == nil {
			d.known[e.scope] = map[string]int64{}
		}
		d.known[e.scope][e.text] = id
		d.texts++
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
	e := entry{scope, text}
	if id := t.given[e]; id != 0 {
		return id, nil
	}
	id, ok, err := t.find(scope, text)
	if err == nil && !ok {
		id, err = t.give(scope, text)
	}
	if err != nil {
		return 0, err
	}
	t.given[e] = id
	return id, nil
}

// give draws ids until one is free. Far fewer are ever in use than there are, so
// that a second draw is rare.
func (t *transaction) give(scope int64, text string) (int64, error) {
	if len(text) > maxLabel {
		return 0, refusal("a label is longer than 256 bytes")
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
func (t *transaction) ids(scope int64, keys []string) ([maxKeys]int64, error) {
	var ids [maxKeys]int64
	if len(keys) > maxKeys {
		return ids, refusal("a cell has more than 3 keys")
	}
	for i, key := range keys {
		if key == "" {
			return ids, refusal("a key of a cell is empty")
		}
		id, err := t.id(scope, key)
		if err != nil {
			return ids, err
		}
		ids[i] = id
	}
	return ids, nil
}
