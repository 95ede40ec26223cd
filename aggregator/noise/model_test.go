package noise_test

import "math/big"

// A model is the sampler once more, read off the reference and written in big
// integers, so that no overflow can hide in it. Its twice is a mutant: it lets
// zero count twice, as a sampler does that forgets the sign of zero.
type model struct {
	next     func() uint64
	num, den *big.Int
	t, q     *big.Int
	twice    bool
}

var one = big.NewInt(1)

func newModel(num, den uint64, next func() uint64) *model {
	v := new(big.Rat).SetFrac(new(big.Int).SetUint64(num), new(big.Int).SetUint64(den))
	m := &model{next: next, num: v.Num(), den: v.Denom()}
	m.t = new(big.Int).Sqrt(new(big.Int).Quo(m.num, m.den))
	m.t.Add(m.t, one)
	m.q = new(big.Int).Mul(big.NewInt(2), m.num)
	m.q.Mul(m.q, m.den).Mul(m.q, m.t).Mul(m.q, m.t)
	return m
}

var word = new(big.Int).Lsh(one, 64)

func (m *model) below(n *big.Int) *big.Int {
	for {
		wide := new(big.Int).Mul(new(big.Int).SetUint64(m.next()), n)
		hi, lo := new(big.Int).QuoRem(wide, word, new(big.Int))
		if lo.Cmp(new(big.Int).Mod(word, n)) >= 0 {
			return hi
		}
	}
}

func (m *model) coin(a, b *big.Int) bool {
	k := big.NewInt(1)
	for {
		if m.below(b).Cmp(a) >= 0 {
			break
		}
		if k.Cmp(one) > 0 && m.below(k).Sign() != 0 {
			break
		}
		k = new(big.Int).Add(k, one)
	}
	return k.Bit(0) == 1
}

func (m *model) laplace() *big.Int {
	for {
		y := m.below(m.t)
		if !m.coin(y, m.t) {
			continue
		}
		for m.coin(one, one) {
			y.Add(y, m.t)
		}
		negative := m.below(big.NewInt(2)).Sign() != 0
		if negative && y.Sign() == 0 && !m.twice {
			continue
		}
		if negative {
			y.Neg(y)
		}
		return y
	}
}

func (m *model) draw() int64 {
	for {
		y := m.laplace()
		d := new(big.Int).Abs(y)
		d.Mul(d, m.t).Mul(d, m.den).Sub(d, m.num)
		whole, rest := new(big.Int).QuoRem(new(big.Int).Mul(d, d), m.q, new(big.Int))
		accepted := true
		for i := new(big.Int); accepted && i.Cmp(whole) < 0; i.Add(i, one) {
			accepted = m.coin(one, one)
		}
		if accepted && m.coin(rest, m.q) {
			return y.Int64()
		}
	}
}
