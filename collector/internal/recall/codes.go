package recall

import (
	"math/bits"
	"sync/atomic"

	"oboro/internal/prefetch"
)

// Codes are a [Memory] of values that are numbers: codes and marks. They stand in the memory
// itself, so that to remember one allocates nothing, and the garbage collector never looks
// into them.
//
// Each set of places has a word that counts what was written in it, twice each time:
// while it is odd, someone writes, and who reads and finds it changed has read nothing.
// Nobody waits: what cannot be read is not found, and what cannot be written is not kept,
// so that it is worked out again. All words are read and written whole (atomically), in
// one order for all.
type Codes struct {
	keys
	words []atomic.Uint64 // of each set the count, the hashes, and of each place the rest
	mask  uint64          // of the sets
	size  int             // of a value, in words
}

// A Code is a value of numbers, of which a memory keeps the first ones.
type Code [3]uint64

// The words of a set, from its beginning.
const (
	count  = 0
	hashes = 1
	places = hashes + ways // of each the about of its key, all bits turned, and the value
)

// NewCodes returns an empty memory of at most size texts, each with so many words.
func NewCodes(size, words int) *Codes {
	sets := 1 << (bits.Len(uint(size/ways)) - 1)
	c := &Codes{keys: newKeys(), mask: uint64(sets - 1), size: words}
	c.words = make([]atomic.Uint64, sets*c.stride())
	return c
}

// stride is how many words a set has.
func (c *Codes) stride() int { return places + ways*(1+c.size) }

// set returns the words of the set where the text of k can be.
func (c *Codes) set(k Key) []atomic.Uint64 {
	stride := c.stride()
	at := int(k.hash&c.mask) * stride
	return c.words[at : at+stride]
}

// place returns the words of a place in a set.
func (c *Codes) place(set []atomic.Uint64, i int) []atomic.Uint64 {
	at := places + i*(1+c.size)
	return set[at : at+1+c.size]
}

// Near asks for the place of k: see [Memory.Near].
func (c *Codes) Near(k Key) { prefetch.List(c.set(k)) }

// Find returns what the text of k came to. The value means nothing where it is not ok.
func (c *Codes) Find(k Key) (value Code, ok bool) {
	set := c.set(k)
	before := set[count].Load()
	for i := range ways {
		if set[hashes+i].Load() != k.hash {
			continue
		}
		at := c.place(set, i)
		if at[0].Load() != ^k.about {
			continue
		}
		for j := range at[1:] {
			value[j] = at[1+j].Load()
		}
		return value, unwritten(set, before)
	}
	return value, false
}

// unwritten reports whether nothing was written into a set since its count was before: what
// was read meanwhile is of one text then.
func unwritten(set []atomic.Uint64, before uint64) bool {
	return before&1 == 0 && set[count].Load() == before
}

// Keep remembers what the text of k came to, unless someone else is at it. The value must
// hold no part of the text that may not be kept.
func (c *Codes) Keep(k Key, value Code) {
	set := c.set(k)
	before := set[count].Load()
	if before&1 != 0 || !set[count].CompareAndSwap(before, before+1) {
		return
	}
	i := 0
	for i < ways && set[hashes+i].Load() != 0 {
		i++
	}
	if i == ways { // full: whose turn it is
		i = int(before / 2 % ways)
	}
	at := c.place(set, i)
	at[0].Store(^k.about)
	for j := range at[1:] {
		at[1+j].Store(value[j])
	}
	set[hashes+i].Store(k.hash)
	set[count].Store(before + 2)
}

// Forget empties the memory, overwrites what was in it, and takes a new key.
func (c *Codes) Forget() {
	c.keys = newKeys()
	clear(c.words)
}
