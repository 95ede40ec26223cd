package bounds

import (
	"hash/maphash"
	"net/netip"
	"sync/atomic"
	"time"
)

// A Rate bounds the hits of each network: so many a second in the long run, and those
// of one minute at once.
//
// It is the generic cell rate algorithm as ITU-T Recommendation I.371, Annex A.1,
// gives it ("virtual scheduling"): of each network one moment is kept, when its next
// hit is due if it keeps to the rate. A hit moves it on by the pause that the rate
// allows for one; a hit that comes too long before it is refused, and moves nothing.
//
// A network that is not ahead of its rate has nothing to remember: its bucket is full
// again, and its place is free for another. So no bucket is ever given up to make
// room for another. Where all places of a set are taken, the hit passes.
type Rate struct {
	key    maphash.Seed
	sets   []set
	pause  int64 // between two hits at the rate, in microseconds
	ahead  int64 // how far ahead of now the next due moment may be
	passed atomic.Uint64
}

// A set is the places of the networks whose hashes end alike: one line of the cache.
// In each the upper 24 bits are of the network's hash, and the lower 40 are the moment
// when its next hit is due, in microseconds, of a clock that goes round in 12.7 days.
// So a place is read and written in one step. 0 is a place that nobody had yet.
type set [8]atomic.Uint64

const (
	clockBits = 40
	clockMask = 1<<clockBits - 1

	// sets is a power of two. A network at a hit a second holds its place for the
	// pause of one hit, 5 ms at 200 a second; so 16,384 places are many.
	sets = 2048

	// burst is how much of its rate a network may take at once.
	burst = time.Minute

	// jitter is how far behind another goroutine's clock one that was held up between
	// reading it and asking here may be. What is further ahead than that is of a clock
	// that was set back.
	jitter = time.Second
)

// NewRate returns a bound of that many hits a second for each network, from 1 to
// 100,000. The pause between two hits is a whole number of microseconds, so that from
// 10,000 on the bound may be up to a tenth higher.
func NewRate(hits int) *Rate {
	pause := max(time.Second.Microseconds()/int64(hits), 1)
	return &Rate{
		key: maphash.MakeSeed(), sets: make([]set, sets),
		pause: pause, ahead: burst.Microseconds() - pause,
	}
}

// Allows reports whether a hit of an address is within the bound of its network, and
// counts it if so. Loopback has no bound, and without an address there is none; a nil
// Rate bounds nothing.
func (r *Rate) Allows(address netip.Addr, at time.Time) bool {
	if r == nil || !address.IsValid() || address.IsLoopback() {
		return true
	}
	h := hash(r.key, address)
	return r.take(&r.sets[h%sets], h&^clockMask, at.UnixMicro())
}

// take counts a hit of the network, unless it comes too early.
func (r *Rate) take(s *set, network uint64, now int64) bool {
	for {
		at, place, early := r.find(s, network, now)
		switch {
		case at < 0:
			r.passed.Add(1)
			return true
		case early > r.ahead:
			return false
		case s[at].CompareAndSwap(place, network|uint64(now+early+r.pause)&clockMask):
			return true
		}
	}
}

// find returns the place of the network, what is in it, and how early a hit now would
// be; or a place that is free; or -1. Two hits that race at the very moment when a place
// becomes free may each take one: their network is then allowed a hit more.
func (r *Rate) find(s *set, network uint64, now int64) (at int, place uint64, early int64) {
	at = -1
	for i := range s {
		p := s[i].Load()
		if p&^clockMask == network && p != 0 {
			return i, p, r.early(p, now)
		}
		if at < 0 && r.early(p, now) == 0 {
			at, place = i, p
		}
	}
	return at, place, 0
}

// early returns how far before its due moment a hit now would come, or 0. Moments are
// compared as the serial numbers of RFC 1982 are: the clock may go round. One further
// ahead than any hit could have moved it is of a clock that was set back since, or of
// one so long ago that it has gone round: it binds nobody.
func (r *Rate) early(place uint64, now int64) int64 {
	early := int64(place-uint64(now)) << (64 - clockBits) >> (64 - clockBits)
	if early < 0 || place == 0 || early > r.ahead+r.pause+jitter.Microseconds() {
		return 0
	}
	return early
}

// Passed returns how many hits passed because all places of their set were taken.
func (r *Rate) Passed() uint64 {
	if r == nil {
		return 0
	}
	return r.passed.Load()
}

// Forget empties the table and takes a new key. No hit may be under way.
func (r *Rate) Forget() {
	if r == nil {
		return
	}
	r.key = maphash.MakeSeed()
	for i := range r.sets {
		for j := range r.sets[i] {
			r.sets[i][j].Store(0)
		}
	}
}
