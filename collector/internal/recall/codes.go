package recall

import (
	"fmt"
	"math/bits"
	"reflect"
	"sync/atomic"
	"unsafe"
)

// Codes is a [Memory] of values without pointers, of at most 32 bytes: codes and
// marks. They stand in the memory itself, so that to remember one allocates nothing, and
// the garbage collector never looks into them.
//
// Each set of places has a word that counts what was written in it, twice each time:
// while it is odd, someone writes, and who reads and finds it changed has read nothing.
// Nobody waits: what cannot be read is not found, and what cannot be written is not kept,
// so that it is worked out again. All words are read and written whole (atomically), in
// one order for all.
type Codes[T any] struct {
	keys
	words []atomic.Uint64 // of each set the count, the hashes, and of each place the rest
	mask  uint64          // of the sets
	size  int             // of a value, in words
}

// most is how many words a value has at the most.
const most = 4

// The words of a set, from its beginning.
const (
	count  = 0
	hashes = 1
	places = hashes + ways // of each the about of its key, all bits turned, and the value
)

// NewCodes returns an empty memory of at most size texts.
func NewCodes[T any](size int) *Codes[T] {
	if typ := reflect.TypeFor[T](); typ.Size() > 8*most || pointers(typ) {
		panic(fmt.Sprintf("%v has pointers, or more than %d bytes", typ, 8*most))
	}
	c := &Codes[T]{keys: newKeys(), size: int(unsafe.Sizeof(*new(T))+7) / 8}
	sets := 1 << (bits.Len(uint(size/ways)) - 1)
	c.mask, c.words = uint64(sets-1), make([]atomic.Uint64, sets*c.stride())
	return c
}

// pointers reports whether the values of a type may hold pointers.
func pointers(typ reflect.Type) bool {
	switch typ.Kind() {
	case reflect.Struct:
		for i := range typ.NumField() {
			if pointers(typ.Field(i).Type) {
				return true
			}
		}
		return false
	case reflect.Array:
		return pointers(typ.Elem())
	}
	return typ.Kind() > reflect.Complex128
}

// stride is how many words a set has.
func (c *Codes[T]) stride() int { return places + ways*(1+c.size) }

// set returns the words of the set where the text of k can be.
func (c *Codes[T]) set(k Key) []atomic.Uint64 {
	stride := c.stride()
	at := int(k.hash&c.mask) * stride
	return c.words[at : at+stride]
}

// place returns the words of a place in a set.
func (c *Codes[T]) place(set []atomic.Uint64, i int) []atomic.Uint64 {
	at := places + i*(1+c.size)
	return set[at : at+1+c.size]
}

// Find returns what the text of k came to.
func (c *Codes[T]) Find(k Key) (value T, ok bool) {
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
		var words [most]uint64
		for j := range at[1:] {
			words[j] = at[1+j].Load()
		}
		if before&1 != 0 || set[count].Load() != before {
			return value, false
		}
		return *(*T)(unsafe.Pointer(&words)), true
	}
	return value, false
}

// Keep remembers what the text of k came to, unless someone else is at it. The value must
// hold no part of the text that may not be kept.
func (c *Codes[T]) Keep(k Key, value T) {
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
	var words [most]uint64
	*(*T)(unsafe.Pointer(&words)) = value
	at := c.place(set, i)
	at[0].Store(^k.about)
	for j := range at[1:] {
		at[1+j].Store(words[j])
	}
	set[hashes+i].Store(k.hash)
	set[count].Store(before + 2)
}

// Forget empties the memory, overwrites what was in it, and takes a new key.
func (c *Codes[T]) Forget() {
	c.keys = newKeys()
	clear(c.words)
}
