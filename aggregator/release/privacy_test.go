package release

import (
	"math"
	"math/big"
	"testing"
)

// TestEpsilonExact holds the bisection against the curve, and the curve against values worked out
// by hand from a table of the normal distribution. Seen to fail when the second term of the
// curve is left out, and when the bisection returns its lower end.
func TestEpsilonExact(t *testing.T) {
	if got, want := curve(1, 1), 0.3085375387-math.E*0.0668072013; math.Abs(got-want) > 1e-9 {
		t.Errorf("the curve of mu 1 at epsilon 1 is %v, want %v", got, want)
	}
	for _, rho := range []*big.Rat{big.NewRat(1, 990), big.NewRat(4, 989), Limit(), big.NewRat(9, 10), big.NewRat(10, 1)} {
		r, _ := rho.Float64()
		mu, epsilon := math.Sqrt(2*r), EpsilonExact(rho)
		if curve(mu, epsilon) > Delta || curve(mu, epsilon*(1-1e-9)) <= Delta {
			t.Errorf("rho %s: epsilon %v is not the smallest at which delta is %v", rho, epsilon, Delta)
		}
		if epsilon >= Epsilon(rho) {
			t.Errorf("rho %s: the exact epsilon %v is not below the proven %v", rho, epsilon, Epsilon(rho))
		}
	}
}

// TestPrecedes holds a table against the ledger that it was published with. Seen to fail
// when reservations are not compared with the number of lines, and to hang when the tree of
// the lines is asked for the root of more than there are.
func TestPrecedes(t *testing.T) {
	var b Budget
	for range 2 {
		if err := b.tree.Grow([]byte("a line")); err != nil {
			t.Fatal(err)
		}
	}
	head, err := b.Head(1)
	if err != nil {
		t.Fatal(err)
	}
	day := func(reservation uint64) Envelope {
		return Envelope{Ledger: &head, Days: []EnvelopeDay{{Day: "2026-10-01", Status: Published, Reservation: reservation}}}
	}
	if err := b.precedes(day(0)); err != nil {
		t.Errorf("a day that was reserved before: %v", err)
	}
	if b.precedes(day(1)) == nil {
		t.Error("a day that was reserved after the table was published is taken")
	}
	if b.precedes(Envelope{}) == nil {
		t.Error("a table without a checkpoint is taken")
	}
	for _, lines := range []int64{-1, 3, math.MaxInt64} {
		if _, err := b.Head(lines); err == nil {
			t.Errorf("a ledger of two lines has a head of %d", lines)
		}
	}
}
