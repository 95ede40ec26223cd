package visitors_test

import (
	"math/rand/v2"
	"testing"

	"oboro/collector/internal/visitors"
)

// TestWordsIsASet compares it with a map over keys of every shape: drawn at random,
// counted up, counted up in the high bits, near each other, and often repeated. Seen
// to fail when a search ends one slot early, when a word is put behind a larger one,
// when the last gap is filled, and when growth forgets words.
func TestWordsIsASet(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 9))
	for name, key := range map[string]func(n int) uint64{
		"random":            func(int) uint64 { return random.Uint64() | 1 },
		"counted":           func(n int) uint64 { return uint64(n) + 1 },
		"counted high":      func(n int) uint64 { return uint64(n+1) << 44 },
		"repeated":          func(int) uint64 { return random.Uint64N(20_000) + 1 },
		"one visitor's":     func(n int) uint64 { return 1<<40 | uint64(n) },
		"all bits but some": func(n int) uint64 { return ^uint64(n) },
	} {
		t.Run(name, func(t *testing.T) {
			words, known := visitors.NewWords(), map[uint64]bool{}
			for n := range 60_000 {
				k := key(n)
				if got, want := words.Add(k), !known[k]; got != want {
					t.Fatalf("key %d of the stream is new: %v, want %v", n, got, want)
				}
				known[k] = true
			}
			for k := range known {
				if words.Add(k) {
					t.Fatalf("the key %#x is new, though it was taken in", k)
				}
			}
			if _, used := words.Size(); used != len(known) {
				t.Errorf("%d words, want %d", used, len(known))
			}
			words.Clear()
			if !words.Add(key(0)) {
				t.Error("a key is not new after Clear")
			}
		})
	}
}

// TestWordsStayDense holds the bound on memory at every size, not only where a shard
// has just grown. Seen to fail when shards double.
func TestWordsStayDense(t *testing.T) {
	words := visitors.NewWords()
	for n := range uint64(3_000_000 / slowness) {
		words.Add(spread(n + 1))
		if n%10_000 != 0 || n < 1_000_000/slowness {
			continue
		}
		if bytes, used := words.Size(); bytes > used*12 {
			t.Fatalf("%d words take %d bytes, %.2f each, want 12 at the most", used, bytes, float64(bytes)/float64(used))
		}
	}
}

// TestLookingUpGrowsNothing: what is there is found without growth. Seen to fail when
// search makes room for a word that may not come.
func TestLookingUpGrowsNothing(t *testing.T) {
	for size := 1; size < 8000; size += 97 {
		words := visitors.NewWords()
		for n := range size {
			words.Add(uint64(n) + 1)
		}
		before, _ := words.Size()
		for n := range size {
			words.Add(uint64(n) + 1)
		}
		if after, _ := words.Size(); after != before {
			t.Errorf("looking up %d words takes %d bytes", size, after-before)
		}
	}
}

// TestMixCanBeUndone holds that no two keys are one word, and that 0 alone is 0: it
// takes every step back. Seen to fail when a shift masks bits out instead of changing
// them, and when the factor is even.
func TestMixCanBeUndone(t *testing.T) {
	random := rand.New(rand.NewPCG(4, 4))
	inverse := func(odd uint64) uint64 {
		x := odd // right in 3 bits; each turn doubles them
		for range 5 {
			x *= 2 - odd*x
		}
		return x
	}
	for range 1000 {
		words := visitors.NewWords()
		for _, key := range []uint64{0, 1, 1 << 63, ^uint64(0), random.Uint64(), random.Uint64()} {
			word, factor := words.Mix(key)
			back := word ^ word>>29 ^ word>>58
			back *= inverse(0x9e3779b97f4a7c15)
			back ^= back >> 32
			back *= inverse(factor)
			if back != key || (word == 0) != (key == 0) {
				t.Fatalf("the word %#x of the key %#x under %#x leads back to %#x", word, key, factor, back)
			}
		}
	}
}
