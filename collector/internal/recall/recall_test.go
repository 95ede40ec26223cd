package recall_test

import (
	"strconv"
	"strings"
	"sync"
	"testing"

	"oboro/collector/internal/recall"
)

const size = 4096

// What was kept is found, under its own text and number alone. Seen to fail when Find
// does not look at the hash, and when the number is not part of the key.
func TestFindsWhatWasKept(t *testing.T) {
	m := recall.New[int](size)
	for i := range 500 {
		m.Keep(m.Key(strconv.Itoa(i), 0), i)
	}
	found := 0
	for i := range 500 {
		if got, ok := m.Find(m.Key(strconv.Itoa(i), 0)); ok {
			found++
			if got != i {
				t.Errorf("%d is remembered as %d", i, got)
			}
		}
		if _, ok := m.Find(m.Key(strconv.Itoa(i), 1)); ok {
			t.Errorf("%d is remembered of a number that it was not said of", i)
		}
		if _, ok := m.Find(m.Key(strconv.Itoa(i+500), 0)); ok {
			t.Errorf("%d is remembered without having been kept", i+500)
		}
	}
	if found < 450 {
		t.Errorf("%d of 500 are found in a memory of %d", found, size)
	}
}

// A memory holds its size and not more, and what is new is in it.
func TestIsBounded(t *testing.T) {
	m := recall.New[int](size)
	for i := range 5 * size {
		k := m.Key(strconv.Itoa(i), 0)
		m.Keep(k, i)
		if got, ok := m.Find(k); !ok || got != i {
			t.Fatalf("the newest, %d, is remembered as %d, %v", i, got, ok)
		}
	}
	found := 0
	for i := range 5 * size {
		if _, ok := m.Find(m.Key(strconv.Itoa(i), 0)); ok {
			found++
		}
	}
	if found > size {
		t.Errorf("%d texts are remembered, want at most %d", found, size)
	}
}

// A new day knows nothing of the day before, and not its key either. Seen to fail
// when Forget keeps the seed, and when it leaves the sets as they are.
func TestForgets(t *testing.T) {
	m := recall.New[int](size)
	before := m.Key("text", 0)
	m.Keep(before, 1)
	m.Forget()
	if m.Key("text", 0) == before {
		t.Error("a text has the same key on the next day")
	}
	if _, ok := m.Find(before); ok {
		t.Error("what was kept is found on the next day")
	}
}

// Two memories have two keys.
func TestKeysAreOfOneMemory(t *testing.T) {
	one, other := recall.New[int](size), recall.New[int](size)
	if one.Key("text", 0) == other.Key("text", 0) {
		t.Error("two memories have one key")
	}
}

// Many at once find what is theirs or nothing. Run with the race detector.
func TestManyAtOnce(t *testing.T) {
	m := recall.New[string](size)
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for i := range 20_000 {
				text := strconv.Itoa(i * 7 % 9000)
				k := m.Key(text, 0)
				if got, ok := m.Find(k); ok && got != text {
					t.Errorf("%s is remembered as %s", text, got)
				}
				m.Keep(k, text)
			}
		})
	}
	group.Wait()
}

func TestAllocations(t *testing.T) {
	m := recall.New[int](size)
	text := strings.Repeat("Mozilla/5.0 ", 12)
	m.Keep(m.Key(text, 3), 1)
	if n := testing.AllocsPerRun(100, func() {
		if _, ok := m.Find(m.Key(text, 3)); !ok {
			t.Fatal("what was kept is not found")
		}
	}); n != 0 {
		t.Errorf("%v allocations to find a text, want none", n)
	}
}

func BenchmarkFind(b *testing.B) {
	m := recall.New[int](size)
	text := strings.Repeat("Mozilla/5.0 ", 10)
	m.Keep(m.Key(text, 0), 1)
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := m.Find(m.Key(text, 0)); !ok {
			b.Fatal("what was kept is not found")
		}
	}
}

// codeOf returns a value whose words say the same.
func codeOf(n int) recall.Code { return recall.Code{uint64(n), ^uint64(n), uint64(n) << 32} }

// Codes know what a memory knows, text by text. Seen to fail when Find does not look at
// the hash, or at the length, when Keep writes the value into the next place, or one word
// of it less, and when whose turn it is in a full set is always the same one's.
func TestCodesAreAMemory(t *testing.T) {
	codes, found := recall.NewCodes(size, 3), 0
	for i := range 5 * size {
		k := codes.Key(strconv.Itoa(i), 3)
		codes.Keep(k, codeOf(i))
		if got, ok := codes.Find(k); !ok || got != codeOf(i) {
			t.Fatalf("the newest, %d, is remembered as %v, %v", i, got, ok)
		}
	}
	for i := range 5 * size {
		if got, ok := codes.Find(codes.Key(strconv.Itoa(i), 3)); ok {
			if found++; got != codeOf(i) {
				t.Errorf("%d is remembered as %v", i, got)
			}
		}
		if _, ok := codes.Find(codes.Key(strconv.Itoa(i), 4)); ok {
			t.Errorf("%d is remembered of a number that it was not said of", i)
		}
	}
	if found > size || found < size*9/10 {
		t.Errorf("%d texts are remembered in a memory of %d", found, size)
	}
	recent := 0
	for i := 4*size + size/2; i < 5*size; i++ {
		if _, ok := codes.Find(codes.Key(strconv.Itoa(i), 3)); ok {
			recent++
		}
	}
	if recent < size*3/8 {
		t.Errorf("of the latest %d texts only %d are remembered", size/2, recent)
	}
}

// Two texts of one hash are told apart by what else is known of them, and a place that is
// empty is nobody's. Seen to fail when Find does not look at what stands beside the hash.
func TestCodesOfOneHash(t *testing.T) {
	codes := recall.NewCodes(size, 1)
	one, other := recall.Twins()
	codes.Keep(one, recall.Code{7, 8})
	if got, ok := codes.Find(one); !ok || got != (recall.Code{7}) {
		t.Errorf("what was kept is remembered as %v, %v", got, ok)
	}
	if _, ok := codes.Find(other); ok {
		t.Error("a text of another length is remembered")
	}
	if _, ok := codes.Find(recall.Key{}); ok {
		t.Error("something is remembered of no text")
	}
}

// Codes of a day are gone on the next, and so is its key. Seen to fail when Forget keeps
// the seed, and when it leaves the words as they are.
func TestCodesForget(t *testing.T) {
	codes := recall.NewCodes(size, 3)
	before := codes.Key("text", 0)
	codes.Keep(before, codeOf(1))
	if codes.Forget(); codes.Key("text", 0) == before {
		t.Error("a text has the same key on the next day")
	}
	if _, ok := codes.Find(before); ok {
		t.Error("what was kept is found on the next day")
	}
	if !recall.Empty(codes) {
		t.Error("something of a day is in memory after Forget")
	}
}

// While someone writes into a set, nothing in it is found and nothing else is kept. Seen to
// fail when Find takes an odd count, or does not look whether it changed, and when Keep
// leaves it or does not mind who else writes.
func TestCodesBeingWritten(t *testing.T) {
	codes := recall.NewCodes(size, 3)
	known, coming := codes.Key("known", 0), codes.Key("coming", 0)
	codes.Keep(known, codeOf(1))
	recall.Begin(codes, known)
	if _, ok := codes.Find(known); ok {
		t.Error("a text is found in a set that is being written")
	}
	if recall.Unwritten(codes, coming, func() { codes.Keep(coming, codeOf(2)) }) {
		t.Error("what was read while a text was kept is taken for whole")
	}
	codes.Forget()
	recall.Begin(codes, coming)
	if codes.Keep(coming, codeOf(2)); recall.Kept(codes, coming) {
		t.Error("a text is kept in a set that someone else writes")
	}
}

// Many at once find what is theirs, whole, or nothing: six texts, each of another value, are
// kept and read in turn where there is room for four. Run with the race detector too. Seen
// to fail, in some runs, when Find does not look at the count again: TestCodesBeingWritten
// does in all.
func TestCodesOfManyAtOnce(t *testing.T) {
	codes := recall.NewCodes(4, 3)
	var texts [6]recall.Key
	for n := range texts {
		texts[n] = codes.Key(strconv.Itoa(n), 0)
	}
	var group sync.WaitGroup
	for of := range 4 {
		group.Go(func() {
			for i := range 1_000_000 {
				n := i % len(texts)
				if of%2 == 0 {
					codes.Keep(texts[n], codeOf(n*0x01010101))
				} else if got, ok := codes.Find(texts[n]); ok && got != codeOf(n*0x01010101) {
					t.Errorf("%d is remembered as %v", n, got)
					return
				}
			}
		})
	}
	group.Wait()
}

func TestCodesAllocateNothing(t *testing.T) {
	codes, n := recall.NewCodes(size, 3), 0
	if got := testing.AllocsPerRun(100, func() {
		n++
		k := codes.Bytes([]byte{byte(n)}, 3)
		codes.Keep(k, codeOf(n))
		if _, ok := codes.Find(k); !ok {
			t.Fatal("what was kept is not found")
		}
	}); got != 0 {
		t.Errorf("%v allocations to keep and find a text, want none", got)
	}
}

func BenchmarkCodes(b *testing.B) {
	codes := recall.NewCodes(size, 3)
	text := strings.Repeat("Mozilla/5.0 ", 10)
	k := codes.Key(text, 0)
	codes.Keep(k, codeOf(1))
	b.Run("find", func(b *testing.B) {
		for b.Loop() {
			codes.Find(k)
		}
	})
	b.Run("keep", func(b *testing.B) {
		for b.Loop() {
			codes.Keep(k, codeOf(1))
		}
	})
}
