// Package recall remembers for a day what texts of visitors came to, so that what
// is said often is worked out once.
//
// It never holds a text: of each there is a keyed hash of 64 bits, its length and
// what was made of it, which must be something that may be kept (a code, a page, a
// host). The key is random, is in RAM alone, and goes with the day, by [Memory.Forget].
// A memory is bounded: what is new takes the place of what is old.
//
// Two texts of one length and one hash would be taken for each other. For a text that
// is met first, among 32768 that are remembered, that has a probability of 32768 in
// 2^64, or 1 in 5 x 10^14; nobody who does not know the key can look for such texts.
package recall

import (
	"hash/maphash"
	"math/bits"
	"sync/atomic"

	"oboro/internal/prefetch"
)

// A Memory remembers what texts came to. Find and Keep may be called from many
// goroutines at once, Forget may not.
//
// What it remembers may have pointers; see [Codes] for codes and marks.
type Memory[T any] struct {
	keys
	sets []set[T]      // as many as a power of two
	turn atomic.Uint32 // whose place is taken next, in a set that is full
}

// keys are what a memory makes its keys with.
type keys struct{ seed maphash.Seed }

func newKeys() keys { return keys{maphash.MakeSeed()} }

// ways is in how many places a text can be.
const ways = 4

// set is where the texts are whose hashes end alike. The upper half of a hash stands
// beside each entry, so that most others are not looked at.
type set[T any] struct {
	upper   [ways]atomic.Uint32
	entries [ways]atomic.Pointer[entry[T]]
}

// entry is what is known of one text. It never changes once it is in a slot.
type entry[T any] struct {
	hash  uint64
	about uint64 // the length of the text, and what else it was said of
	value T
}

// A Key stands for a text. It means nothing without the memory's seed.
type Key struct{ hash, about uint64 }

// New returns an empty memory of at most size texts.
func New[T any](size int) *Memory[T] {
	return &Memory[T]{keys: newKeys(), sets: make([]set[T], 1<<(bits.Len(uint(size/ways))-1))}
}

// Key returns the key of text, said of the site, or of whatever else is numbered.
func (m *keys) Key(text string, of uint16) Key {
	return keyOf(maphash.String(m.seed, text), len(text), of)
}

// Bytes is the same of what is no text.
func (m *keys) Bytes(b []byte, of uint16) Key {
	return keyOf(maphash.Bytes(m.seed, b), len(b), of)
}

func keyOf(hash uint64, length int, of uint16) Key {
	const odd = 0x9e3779b97f4a7c15 // so that numbers change all bits
	return Key{hash ^ uint64(of)*odd, uint64(length)<<16 | uint64(of)}
}

// With returns the key of two texts side by side, in this order.
func (k Key) With(other Key) Key {
	const odd = 0xd6e8feb86659fd93 // so that two texts in turn are another pair
	return Key{k.hash*odd + other.hash, bits.RotateLeft64(k.about, 29) ^ other.about}
}

// Near asks for the place of k, so that it is on its way from memory while the caller does
// something else before Find.
func (m *Memory[T]) Near(k Key) { prefetch.Start(&m.sets[k.hash&uint64(len(m.sets)-1)]) }

// Nearer asks for what k came to, where Near has asked for its place.
func (m *Memory[T]) Nearer(k Key) {
	s := &m.sets[k.hash&uint64(len(m.sets)-1)]
	for i := range s.upper {
		if s.upper[i].Load() == uint32(k.hash>>32) {
			prefetch.Start(s.entries[i].Load())
			return
		}
	}
}

// Find returns what the text of k came to.
func (m *Memory[T]) Find(k Key) (value T, ok bool) {
	s := &m.sets[k.hash&uint64(len(m.sets)-1)]
	for i := range s.upper {
		if s.upper[i].Load() != uint32(k.hash>>32) {
			continue
		}
		if e := s.entries[i].Load(); e != nil && e.hash == k.hash && e.about == k.about {
			return e.value, true
		}
	}
	return value, false
}

// Keep remembers what the text of k came to. The value must hold no part of the text
// that may not be kept.
func (m *Memory[T]) Keep(k Key, value T) {
	s := &m.sets[k.hash&uint64(len(m.sets)-1)]
	at := -1
	for i := range s.entries {
		if s.entries[i].Load() == nil {
			at = i
			break
		}
	}
	if at < 0 {
		at = int(m.turn.Add(1) % ways)
	}
	s.entries[at].Store(&entry[T]{k.hash, k.about, value})
	s.upper[at].Store(uint32(k.hash >> 32))
}

// Forget empties the memory and takes a new key.
func (m *Memory[T]) Forget() {
	m.keys = newKeys()
	for i := range m.sets {
		for j := range m.sets[i].entries {
			m.sets[i].upper[j].Store(0)
			if e := m.sets[i].entries[j].Swap(nil); e != nil {
				*e = entry[T]{}
			}
		}
	}
}
