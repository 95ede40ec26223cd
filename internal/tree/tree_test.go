package tree_test

import (
	"fmt"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"oboro/internal/tree"
)

// plain is the tree as package tlog has it in its own tests: all hashes, in order.
type plain []tlog.Hash

func (p plain) ReadHashes(numbers []int64) ([]tlog.Hash, error) {
	var out []tlog.Hash
	for _, n := range numbers {
		out = append(out, p[n])
	}
	return out, nil
}

// TestTreeGoesOnFromItsEdge grows trees of up to 130 entries from each edge of them, and
// compares every root with that of a tree that has all hashes. Seen to fail when the edge
// leaves out its last hash, and when From begins behind one hash too many.
func TestTreeGoesOnFromItsEdge(t *testing.T) {
	const most = 130
	var all plain
	roots := []tlog.Hash{}
	trees := []*tree.Tree{new(tree.Tree)}
	for n := range int64(most) {
		root, err := tlog.TreeHash(n, all)
		if err != nil {
			t.Fatal(err)
		}
		roots = append(roots, root)
		entry := fmt.Appendf(nil, "entry %d", n)
		more, err := tlog.StoredHashes(n, entry, all)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, more...)
		again, err := tree.From(n, trees[0].Edge())
		if err != nil {
			t.Fatal(err)
		}
		trees = append(trees, again)
		for i, grown := range trees {
			if size, got := grown.Tree(); size != n || got != root {
				t.Fatalf("tree %d has %d entries and the root %v, want %d and %v", i, size, got, n, root)
			}
			if err := grown.Grow(entry); err != nil {
				t.Fatal(err)
			}
		}
	}
	for from, grown := range trees[1:] {
		for size := int64(from); size < most; size++ {
			if got, err := grown.RootOf(size); err != nil || got != roots[size] {
				t.Fatalf("the tree from %d had the root %v at %d entries (%v), want %v", from, got, size, err, roots[size])
			}
		}
	}
}

// Seen to fail when a hash that is not there is taken for zero, and when From does not look at
// the edge.
func TestTreeKnowsNoOther(t *testing.T) {
	var grown tree.Tree
	for range 5 {
		if err := grown.Grow([]byte("x")); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := grown.RootOf(6); err == nil {
		t.Error("a tree of 5 entries knows a root of 6")
	}
	if _, err := tree.From(5, grown.Edge()[:1]); err == nil {
		t.Error("a tree of 5 entries goes on from one hash")
	}
	if again, err := tree.From(5, grown.Edge()); err != nil {
		t.Error(err)
	} else if _, err := again.RootOf(3); err == nil {
		t.Error("a tree that went on from 5 entries knows the root of 3")
	}
}
