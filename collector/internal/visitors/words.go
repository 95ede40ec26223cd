package visitors

import (
	"hash/maphash"
	"slices"
)

// words is a set of 64-bit words, none of them 0, in open addressing. Nothing is
// ever taken out. It has many small shards which grow one at a time by an eighth or
// a little more, so that no hit waits long and memory is never far from full: at
// most 11.5 bytes a word once there are a million.
//
// The words of a shard stand in ascending order with gaps between them, each at its
// place or, where that is taken, as near behind it as the order allows. So a search
// ends at the first gap or larger word, and growth goes through memory in order.
type words struct {
	factor uint64 // of mix; odd
	shards [shards]shard
}

const shards = 256

type shard struct {
	slots []uint64 // 0 is a gap; the last one always is
	room  int      // slots that are the place of a word; those behind take what is pushed out
	used  int
}

// newWords returns an empty set with a factor of its own, so that nobody outside
// can choose words that fall in one place.
func newWords() words {
	return words{factor: maphash.Bytes(maphash.MakeSeed(), nil) | 1}
}

// mix returns a word for a key: another one for each key, and 0 for 0 alone, since
// each step can be undone.
func (w *words) mix(key uint64) uint64 {
	key *= w.factor
	key ^= key >> 32
	key *= 0x9e3779b97f4a7c15
	return key ^ key>>29
}

// shard returns the shard of a word: its first eight bits say which.
func (w *words) shard(word uint64) *shard { return &w.shards[word>>56] }

// place returns the place of a word. A larger word's is not before it; the last 24
// bits do not matter.
func (s *shard) place(word uint64) int { return int(uint64(uint32(word>>24)) * uint64(s.room) >> 32) }

// search returns where the word stands or, if it is not there, belongs: at the first
// gap or word that is not smaller.
func (s *shard) search(word uint64) int {
	if s.slots == nil {
		s.grow()
	}
	i := s.place(word)
	for s.slots[i]-1 < word-1 { // a gap wraps around to the largest number
		i++
	}
	return i
}

// insert puts a word where search says that it belongs.
func (s *shard) insert(i int, word uint64) {
	gap := i
	for s.slots[gap] != 0 {
		gap++
	}
	if s.used >= s.room*7/8 || gap == len(s.slots)-1 { // the last gap must stay
		s.grow()
		s.insert(s.search(word), word)
		return
	}
	copy(s.slots[i+1:gap+1], s.slots[i:gap])
	s.slots[i] = word
	s.used++
}

// small is how many slots a shard has while it doubles: with all shards that small,
// a table takes half a megabyte.
const small = 256

// grow makes the shard larger, by as little as the allocator can give beyond an
// eighth; while it is small, by its own size.
func (s *shard) grow() {
	old := s.slots
	for {
		more := len(s.slots) * 9 / 8
		if len(s.slots) < small {
			more = max(16, len(s.slots)*2)
		}
		s.slots = slices.Grow([]uint64(nil), more)
		s.slots = s.slots[:cap(s.slots)]
		s.room = len(s.slots) - min(len(s.slots)/4, 64)
		if s.refill(old) {
			return
		}
	}
}

// refill puts the words in that are in order in old, and reports whether there was
// room for all of them.
func (s *shard) refill(old []uint64) bool {
	next := 0
	for _, word := range old {
		if word == 0 {
			continue
		}
		next = max(next, s.place(word))
		if next >= len(s.slots)-1 {
			return false
		}
		s.slots[next] = word
		next++
	}
	return true
}

// add takes a key in, and reports whether it was not there. The key is not 0.
func (w *words) add(key uint64) bool {
	word := w.mix(key)
	s := w.shard(word)
	i := s.search(word)
	if s.slots[i] == word {
		return false
	}
	s.insert(i, word)
	return true
}

// has reports whether a key is there. The key is not 0.
func (w *words) has(key uint64) bool {
	word := w.mix(key)
	s := w.shard(word)
	return s.slots[s.search(word)] == word
}

// clear overwrites and forgets all words, and takes another factor.
func (w *words) clear() {
	for i := range w.shards {
		clear(w.shards[i].slots)
		w.shards[i].used = 0
	}
	w.factor = newWords().factor
}
