package bounds_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"oboro/collector/internal/bounds"
)

var (
	noon    = time.Date(2026, 4, 1, 3, 0, 0, 0, time.UTC)
	visitor = netip.MustParseAddr("198.51.100.7")
)

// minute is the burst of a rate of 200 hits a second.
const minute = 60 * 200

// allowed returns how many of n hits of an address at one moment are allowed.
func allowed(r *bounds.Rate, of netip.Addr, at time.Time, n int) (sum int) {
	for range n {
		if r.Allows(of, at) {
			sum++
		}
	}
	return sum
}

// A network may send a minute's worth at once, then what the rate allows, and has its
// minute again once it has been still for one. Seen to fail when a refused hit moves the
// due moment on (the network stays refused), when the burst is a hit more, and when the
// due moment of a network that was still lies in the past (it may save up).
func TestRate(t *testing.T) {
	r := bounds.NewRate(200)
	at := noon
	for _, tt := range []struct {
		name  string
		after time.Duration
		hits  int
		want  int
	}{
		{"the first", 0, 1, 1},
		{"the rest of the burst", 0, minute, minute - 1},
		{"more", 0, 5000, 0},
		{"a moment too early", 4999 * time.Microsecond, 5, 0},
		{"after the pause of one", time.Microsecond, 5, 1},
		{"a second later", time.Second, 1000, 200},
		{"half a minute later", 30 * time.Second, minute, minute / 2},
		{"a minute later", time.Minute, 2 * minute, minute},
		{"an hour later", time.Hour, 2 * minute, minute},
		{"thirteen days later, when the clock has gone round", 13 * 24 * time.Hour, 2 * minute, minute},
	} {
		at = at.Add(tt.after)
		if got := allowed(r, visitor, at, tt.hits); got != tt.want {
			t.Errorf("%s: %d of %d hits are allowed, want %d", tt.name, got, tt.hits, tt.want)
		}
	}
}

// The table allows what a plain bucket for each network would: over networks that come
// and go, bursts and pauses. Seen to fail when a place is taken from a network whose
// bucket is not full again, and when a place is free a pause too early.
func TestRateIsThatOfPlainBuckets(t *testing.T) {
	const rate, pause = 200, 5000 // microseconds
	r := bounds.NewRate(rate)
	random := rand.New(rand.NewPCG(4, 4))
	due := map[int]int64{} // of a network, in microseconds
	refused := 0
	now := noon.UnixMicro()
	for n := range 1_000_000 {
		if random.IntN(50) == 0 {
			now += random.Int64N(20_000)
		}
		if random.IntN(400_000) == 0 {
			now += random.Int64N(60_000_000)
		}
		network := random.IntN(3)
		if random.IntN(3) > 0 {
			network = random.IntN(500)
		}
		at := max(due[network], now)
		want := at-now <= 60_000_000-pause
		if want {
			due[network] = at + pause
		} else {
			refused++
		}
		of := netip.AddrFrom4([4]byte{10, byte(network >> 8), byte(network), byte(random.Uint32())})
		if got := r.Allows(of, time.UnixMicro(now)); got != want {
			t.Fatalf("hit %d: network %d is allowed %v, want %v", n, network, got, want)
		}
	}
	if refused < 1000 || r.Passed() != 0 {
		t.Errorf("%d hits refused and %d passed for want of a place, want 1000 or more and none", refused, r.Passed())
	}
}

// Addresses of one /24 or /48 share a bound, others do not; loopback and no address
// have none. Seen to fail when the whole address is hashed, when an IPv4 address in an
// IPv6 one is taken for IPv6, and when loopback is bound.
func TestRateIsOfTheTruncatedNetwork(t *testing.T) {
	for _, tt := range []struct {
		name, first, second string
		shared              bool
	}{
		{"one /24", "198.51.100.7", "198.51.100.250", true},
		{"another /24", "198.51.100.7", "198.51.101.7", false},
		{"IPv4 in IPv6", "198.51.100.7", "::ffff:198.51.100.9", true},
		{"one /48", "2001:db8:1::1", "2001:db8:1:ffff::2", true},
		{"another /48", "2001:db8:1::1", "2001:db8:2::1", false},
		{"IPv6 whose first bytes are those of IPv4", "0.0.1.7", "::1:0:0:0:1", false},
		{"no address", "198.51.100.7", "", false},
		{"loopback", "127.0.0.1", "127.0.0.1", false},
		{"loopback of IPv6", "::1", "::1", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := bounds.NewRate(200)
			for range 2 * minute {
				r.Allows(netip.MustParseAddr(tt.first), noon)
			}
			second, _ := netip.ParseAddr(tt.second)
			if got := r.Allows(second, noon); got == tt.shared {
				t.Errorf("after a flood of %q, %q is allowed: %v", tt.first, tt.second, got)
			}
		})
	}
	if r := (*bounds.Rate)(nil); !r.Allows(visitor, noon) || r.Passed() != 0 {
		t.Error("no bound refuses")
	}
}

// A clock that is set does not lock a network out: back by a second or less it waits
// that second, by more it begins anew, as it does forward. Seen to fail when moments far
// ahead are believed: a clock set back by a day would lock the network out for a day.
func TestClockStepsLockNobodyOut(t *testing.T) {
	for _, step := range []time.Duration{
		-24 * time.Hour, -13 * 24 * time.Hour, -time.Hour, -30 * time.Second, -2 * time.Second, time.Minute, 24 * time.Hour, 400 * 24 * time.Hour,
	} {
		r := bounds.NewRate(200)
		allowed(r, visitor, noon, 2*minute)
		at := noon.Add(step)
		if got := allowed(r, visitor, at, 2*minute); got != minute {
			t.Errorf("%d hits are allowed after a step of %v, want the %d of a minute", got, step, minute)
		}
		if got := allowed(r, visitor, at.Add(time.Second), 1000); got != 200 {
			t.Errorf("a second later %d more, want 200", got)
		}
	}
	r := bounds.NewRate(200)
	allowed(r, visitor, noon, 2*minute)
	back := noon.Add(-time.Second)
	if r.Allows(visitor, back) || !r.Allows(visitor, back.Add(time.Second+5*time.Millisecond)) {
		t.Error("after a step back of a second a network is not refused for just that second")
	}
}

// Where more networks are ahead of their rate than there are places, the hits of the
// others pass, and a network that was refused stays so. Seen to fail when a place is
// taken from whoever is in it (the refused network is allowed), and when such hits are
// refused.
func TestFullTableForgetsNobody(t *testing.T) {
	r := bounds.NewRate(200)
	allowed(r, visitor, noon, 2*minute)
	for n := range uint32(40_000) {
		of := netip.AddrFrom4([4]byte{10, byte(n >> 8), byte(n), 1})
		if n>>16 != 0 || !r.Allows(of, noon) {
			t.Fatalf("the first hit of network %d is refused", n)
		}
	}
	if r.Allows(visitor, noon) {
		t.Error("a network that was refused is forgotten for others")
	}
	if passed := r.Passed(); passed < 20_000 || passed > 25_000 {
		t.Errorf("%d hits passed for want of a place, want those beyond 16,384 places", passed)
	}
	if got := allowed(r, visitor, noon.Add(5*time.Millisecond), 10); got != 1 {
		t.Errorf("%d hits are allowed after the pause, want 1", got)
	}
}

// Hits of many goroutines at one moment are allowed as often as one after the other.
// Seen to fail when a place is stored without a look at what it was.
func TestRateCountsEachHitOfManyOnce(t *testing.T) {
	r := bounds.NewRate(200)
	var sum atomic.Int64
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() { sum.Add(int64(allowed(r, visitor, noon, minute))) })
	}
	group.Wait()
	if got := sum.Load(); got != minute {
		t.Errorf("%d hits of 8 goroutines are allowed, want %d", got, minute)
	}
}

// After Forget nothing is known of a network, and its place is another. Seen to fail
// when the places stay, and, by the places, when the key does.
func TestForgetBeginsAnew(t *testing.T) {
	r := bounds.NewRate(200)
	allowed(r, visitor, noon, 2*minute)
	before := r.Places()
	r.Forget()
	if n := len(r.Places()); n != 0 {
		t.Errorf("%d places are taken after Forget", n)
	}
	if got := allowed(r, visitor, noon, 2*minute); got != minute {
		t.Errorf("%d hits are allowed after Forget, want %d", got, minute)
	}
	if after := r.Places(); len(before) != 1 || len(after) != 1 || before[0] == after[0] {
		t.Errorf("places %v before and %v after Forget, want one each, not the same", before, after)
	}
}

func TestRateAllocatesNothing(t *testing.T) {
	r := bounds.NewRate(200)
	for _, of := range []netip.Addr{visitor, netip.MustParseAddr("2001:db8::1")} {
		if n := testing.AllocsPerRun(1000, func() { r.Allows(of, noon) }); n != 0 {
			t.Errorf("%v allocations a hit of %v", n, of)
		}
	}
}

// BenchmarkAllows is one hit of one of n networks.
func BenchmarkAllows(b *testing.B) {
	for _, n := range []int{1, 1000, 100_000} {
		b.Run(fmt.Sprint(n, " networks"), func(b *testing.B) {
			r := bounds.NewRate(200)
			list := make([]netip.Addr, n)
			for i := range list {
				list[i] = netip.AddrFrom4([4]byte{byte(1 + i>>16), byte(i >> 8), byte(i), 7})
			}
			at, i := noon, 0
			b.ReportAllocs()
			for b.Loop() {
				if i++; i == n {
					i, at = 0, at.Add(time.Duration(n)*10*time.Microsecond)
				}
				r.Allows(list[i], at)
			}
		})
	}
}
