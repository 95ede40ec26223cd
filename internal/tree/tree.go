// Package tree keeps the hashes of a list that only grows: an RFC 6962 tree whose root says
// what the list holds, and by which a list that was shortened, rewritten or put in another
// order shows.
//
// It is handed the entries as bytes, and keeps none. A tree may go on from its right edge
// ([Tree.Edge]) where the entries before it are not read again, or not kept.
package tree

import (
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// A Tree is the tree of a list. Its zero value is that of an empty one. Its methods may not be
// called by several goroutines while it grows.
type Tree struct {
	size   int64
	edge   map[int64]tlog.Hash // by their numbers in package tlog: those that it went on from
	from   int64               // number of the first of hashes
	hashes []tlog.Hash         // as package tlog stores them
}

// From returns the tree of a list of that size whose right edge is given, as [Tree.Edge]
// returned it.
func From(size int64, edge []tlog.Hash) (*Tree, error) {
	numbers := edgeOf(size)
	if size < 0 || len(numbers) != len(edge) {
		return nil, fmt.Errorf("a tree of %d entries does not have an edge of %d hashes", size, len(edge))
	}
	t := &Tree{size: size, edge: map[int64]tlog.Hash{}, from: tlog.StoredHashCount(size)}
	for i, n := range numbers {
		t.edge[n] = edge[i]
	}
	return t, nil
}

// edgeOf returns the numbers of the roots of the largest whole subtrees, from the left: all
// that a tree of that size needs to grow.
func edgeOf(size int64) (numbers []int64) {
	start := int64(0)
	for level := 62; level >= 0; level-- {
		if size>>level&1 == 1 {
			numbers = append(numbers, tlog.StoredHashIndex(level, start>>level))
			start += 1 << level
		}
	}
	return numbers
}

// ReadHashes implements [tlog.HashReader].
func (t *Tree) ReadHashes(numbers []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(numbers))
	for i, n := range numbers {
		h, ok := t.edge[n]
		if at := n - t.from; at >= 0 && at < int64(len(t.hashes)) {
			h, ok = t.hashes[at], true
		}
		if !ok {
			return nil, fmt.Errorf("the tree has no hash %d", n)
		}
		out[i] = h
	}
	return out, nil
}

// Grow adds the next entry of the list.
func (t *Tree) Grow(entry []byte) error {
	more, err := tlog.StoredHashes(t.size, entry, t)
	if err != nil {
		return err
	}
	t.size, t.hashes = t.size+1, append(t.hashes, more...)
	return nil
}

// Tree returns how many entries the list has, and the root of its tree.
func (t *Tree) Tree() (size int64, root tlog.Hash) {
	root, _ = t.RootOf(t.size) // its edge is always there
	return t.size, root
}

// RootOf returns the root that the tree had when the list had so many entries. A tree that
// went on from an edge knows none before it.
func (t *Tree) RootOf(size int64) (tlog.Hash, error) {
	if size < 0 || size > t.size {
		return tlog.Hash{}, fmt.Errorf("the list has %d entries, not %d", t.size, size)
	}
	return tlog.TreeHash(size, t)
}

// Edge returns what the tree can go on from.
func (t *Tree) Edge() []tlog.Hash {
	edge, _ := t.ReadHashes(edgeOf(t.size)) // always there, as in Tree
	return edge
}
