// Package recall remembers for a day what texts of visitors came to, so that what
// is said often is worked out once.
//
// It never holds a text: of each there is a keyed hash of 64 bits, its length and
// what was made of it, which must be something that may be kept (a code, a page, a
// host). The key is random, is in RAM alone, and goes with the day, by [Memory.Forget].
// A memory is bounded: what is new takes the place of what is old.
//
// Two texts of one length and one hash would be taken for each other. For a text that
// is met first, among 4096 that are remembered, that has a probability of 4096 in
// 2^64, or 1 in 4.5 * 10^15; nobody who does not know the key can look for such texts.
package recall

import (
	"hash/maphash"
	"sync/atomic"
)

// Size is how many texts a memory holds at most.
const Size = 4096

// A Memory remembers what texts came to. Find and Keep may be called from many
// goroutines at once, Forget may not.
type Memory[T any] struct {
	seed  maphash.Seed
	slots [Size]atomic.Pointer[entry[T]]
}

// entry is what is known of one text. It never changes once it is in a slot.
type entry[T any] struct {
	hash  uint64
	about uint64 // the length of the text, and what else it was said of
	value T
}

// A Key stands for a text. It means nothing without the memory's seed.
type Key struct{ hash, about uint64 }

// New returns an empty memory.
func New[T any]() *Memory[T] {
	return &Memory[T]{seed: maphash.MakeSeed()}
}

// Key returns the key of text, said of the site, or of whatever else is numbered.
func (m *Memory[T]) Key(text string, of uint16) Key {
	const odd = 0x9e3779b97f4a7c15 // so that numbers change all bits
	return Key{maphash.String(m.seed, text) ^ uint64(of)*odd, uint64(len(text))<<16 | uint64(of)}
}

// Find returns what the text of k came to.
func (m *Memory[T]) Find(k Key) (value T, ok bool) {
	first := k.hash % (Size / 2) * 2
	for i := first; i < first+2; i++ {
		if e := m.slots[i].Load(); e != nil && e.hash == k.hash && e.about == k.about {
			return e.value, true
		}
	}
	return value, false
}

// Keep remembers what the text of k came to. The value must hold no part of the text
// that may not be kept.
func (m *Memory[T]) Keep(k Key, value T) {
	first := k.hash % (Size / 2) * 2
	m.slots[first+1].Store(m.slots[first].Load())
	m.slots[first].Store(&entry[T]{k.hash, k.about, value})
}

// Forget empties the memory and takes a new key.
func (m *Memory[T]) Forget() {
	m.seed = maphash.MakeSeed()
	for i := range m.slots {
		if e := m.slots[i].Swap(nil); e != nil {
			*e = entry[T]{}
		}
	}
}
