package visitors

import (
	"encoding/binary"
	"fmt"
	"reflect"
	"strings"
	"unsafe"

	"oboro/collector/hit"
)

// Secret returns the key's bytes.
func Secret(k *Key) [32]byte { return k.secret }

// Memory returns the memory that a key takes, with all that is made of its bytes, so
// that a test can see whether they are gone.
func Memory(k *Key) []byte { return unsafe.Slice((*byte)(unsafe.Pointer(k)), unsafe.Sizeof(*k)) }

// Bound sets the bounds on visitors and on labels not admitted, which a test
// could not reach otherwise.
func Bound(t *Table, visitors, labels int) { t.most, t.labels.most = visitors, labels }

// BoundWaits sets the bound on hits that wait.
func BoundWaits(t *Table, hits int) { t.mostHeld = hits }

// SipHash returns the hash of a text, of which the first words go in one by one.
func SipHash(key []byte, words []uint64, text string) [2]uint64 {
	s := newSip(key)
	for _, w := range words {
		s = s.word(w)
	}
	s = s.end(8*len(words), text)
	first := s.half()
	s.b ^= 0xdd
	return [2]uint64{first, s.word(0).word(0).half()}
}

// Slots are the types of which the table holds one or more for each visitor.
func Slots() []reflect.Type {
	return []reflect.Type{
		reflect.TypeFor[state](), reflect.TypeOf(crowd{}.more).Elem().Elem(), reflect.TypeOf(shard{}.slots).Elem(),
	}
}

// A Size is the memory of a table's parts, in bytes, and what they hold.
type Size struct{ States, Marks, Members, Visitors, Elements int }

// Measure returns the size of a table, labels not counted.
func Measure(t *Table) (s Size) {
	s.Visitors = int(t.crowd.n)
	for i := range t.crowd.chunks {
		s.States += int(unsafe.Sizeof(*t.crowd.chunks[i])) + 8*cap(t.crowd.more[i])
	}
	s.Marks, _ = t.crowd.marks.size()
	s.Members, s.Elements = t.members.size()
	return s
}

func (w *words) size() (bytes, used int) {
	bytes = int(unsafe.Sizeof(*w))
	for i := range w.shards {
		bytes += 8 * cap(w.shards[i].slots)
		used += w.shards[i].used
	}
	return bytes, used
}

// The bounds of what a member of a set is made of.
const (
	MostVisitors = mostVisitors
	MostSets     = mostSets
	MostOfLabels = mostLabels
	MostChannels = channels
)

// Member returns the member of a set by page that a visitor becomes.
func Member(visitor uint32, set uint8, hour hit.Hour, page uint32) uint64 {
	return (&rule{set: set, hourly: true, page: true}).member(visitor, &place{hour: hour, page: label(page)})
}

// A Words is a set of words on its own.
type Words struct{ words }

// NewWords returns an empty set.
func NewWords() *Words { return &Words{newWords()} }

// Add takes a key in and reports whether it was not there.
func (w *Words) Add(key uint64) bool { return w.add(key) }

// Mix returns the word of a key, and the factor of the set.
func (w *Words) Mix(key uint64) (word, factor uint64) { return w.mix(key), w.factor }

// Size returns the bytes and the number of the words.
func (w *Words) Size() (bytes, used int) { return w.size() }

// Clear empties the set.
func (w *Words) Clear() { w.clear() }

// Twin returns another mark that the table files under the same 40 bits.
func Twin(t *Table, m Mark) Mark {
	inverse := func(odd uint64) uint64 {
		x := odd
		for range 5 {
			x *= 2 - odd*x
		}
		return x
	}
	word := t.crowd.marks.mix(m.Word()) ^ 1
	word ^= word>>29 ^ word>>58
	word *= inverse(0x9e3779b97f4a7c15)
	word ^= word >> 32
	binary.LittleEndian.PutUint64(m[:], word*inverse(t.crowd.marks.factor))
	return m
}

// Everything returns all that a table knows, as text: two tables with the same text
// make the same hits. Of the sets it has the visitors' shares and the number of members.
func Everything(t *Table) string {
	var all strings.Builder
	fmt.Fprintln(&all, t.day, t.Key.secret, t.labels.pages, t.labels.hosts, t.labels.proofs)
	for site, own := range t.labels.sites {
		if own != nil && len(own.pages[hit.View])+len(own.pages[hit.NotFound])+len(own.hosts)+own.pending+own.pairs+own.domains > 0 {
			fmt.Fprintln(&all, site, *own) // fmt sorts maps
		}
	}
	for i := range (int(t.crowd.n) + perChunk - 1) / perChunk {
		n := min(perChunk, int(t.crowd.n)-i*perChunk)
		fmt.Fprintln(&all, t.crowd.chunks[i][:n], t.crowd.more[i])
	}
	_, members := t.members.size()
	fmt.Fprintln(&all, t.crowd.n, members, t.tags)
	return all.String()
}

// NamesPair reports whether a record brings a pair of pages that is new.
func NamesPair(record []byte) bool {
	r := reader{b: record}
	_, fresh := r.labels()
	return fresh.pair && !r.failed
}

// Words returns all words that a table holds but for its key and the factors of its
// sets, in whatever state it is.
func (t *Table) Words() (list []uint64) {
	for i := range t.crowd.chunks {
		for _, v := range t.crowd.chunks[i] {
			list = append(list, v.mark, v.env.Word(), v.firsts, uint64(v.last), uint64(v.page), uint64(v.source), uint64(v.hour), uint64(v.views), uint64(v.visits), uint64(v.channel))
		}
		list = append(list, t.crowd.more[i]...)
	}
	for _, w := range []*words{&t.crowd.marks, &t.members} {
		for i := range w.shards {
			list = append(list, w.shards[i].slots...)
		}
	}
	for _, p := range t.labels.proofs[:cap(t.labels.proofs)][unlisted+1:] {
		list = append(list, p.networks[:]...)
	}
	return list
}
