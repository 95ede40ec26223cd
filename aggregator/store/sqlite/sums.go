package sqlite

import (
	"bytes"
	"encoding/binary"
	"math/big"

	"oboro/aggregator/store"
)

// addPacked returns the sum of a period with one share more. Each group of the share must
// have the keys of the period, which, sorted alike, are the same bytes.
func addPacked(p openPeriod, share []byte) ([]byte, error) {
	domain, err := groupsOf(p.domain)
	if err != nil || len(domain) != 1 {
		return nil, errPacked
	}
	groups, err := groupsOf(share)
	if err != nil || len(groups) == 0 {
		return nil, store.ErrDomain
	}
	var sums []packedGroup
	if len(p.packed) > 0 {
		if sums, err = groupsOf(p.packed); err != nil {
			return nil, err
		}
		if len(sums) != len(groups) {
			return nil, store.ErrDomain
		}
	}
	out := []byte{packing}
	for i, g := range groups {
		if !g.keysOf(domain[0]) {
			return nil, store.ErrDomain
		}
		if len(sums) > 0 {
			if g, err = g.plus(sums[i]); err != nil {
				return nil, err
			}
		}
		out = append(g.append(out, g.measurements()), g.body...)
	}
	return out, nil
}

// keysOf reports whether two groups have the same keys in the same order.
func (g packedGroup) keysOf(other packedGroup) bool {
	if g.keys != other.keys || len(g.body) != len(other.body) {
		return false
	}
	for at := 0; at < len(g.body); at += g.length() {
		if !bytes.Equal(g.body[at:at+4*g.keys], other.body[at:at+4*g.keys]) {
			return false
		}
	}
	return true
}

// plus returns the sum of two groups of one measure and the same keys: of each value, and of
// the variances.
func (g packedGroup) plus(other packedGroup) (packedGroup, error) {
	if g.measure != other.measure || !g.keysOf(other) {
		return g, store.ErrDomain
	}
	sigma2 := big.NewRat(g.numerator, g.denominator)
	sigma2.Add(sigma2, big.NewRat(other.numerator, other.denominator))
	if !sigma2.Num().IsInt64() || !sigma2.Denom().IsInt64() {
		return g, refusal("the variance of a sum is no fraction of 63-bit numbers")
	}
	g.numerator, g.denominator = sigma2.Num().Int64(), sigma2.Denom().Int64()
	g.body = bytes.Clone(g.body)
	for at := 4 * g.keys; at < len(g.body); at += g.length() {
		sum := binary.BigEndian.Uint64(g.body[at:]) + binary.BigEndian.Uint64(other.body[at:])
		binary.BigEndian.PutUint64(g.body[at:], sum)
	}
	return g, nil
}
