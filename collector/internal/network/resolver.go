package network

import (
	"encoding/binary"
	"hash/maphash"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"oboro/collector/hit"
)

// A Resolver asks a DNS server on this computer for the names of addresses (PTR). It is
// the exception of promise 1: the server, those that it asks, and the name servers of
// the address's owner see the address. It is made only where the operator has turned
// reverse DNS on.
//
// Nobody waits for it. [Resolver.Ask] returns what is known at once, with a [Ticket] by
// which the answer is found later: a keyed hash, which tells nothing without the key and
// is worth nothing after the day. An address itself is held in a question alone, from
// the asking until its answer or its timeout, in memory that is overwritten then; so
// are the bytes that go to the server and come from it.
type Resolver struct {
	server  netip.AddrPort
	timeout time.Duration
	most    int // questions of a day

	mu       sync.Mutex // guards what follows
	wake     *sync.Cond // something waits, or the resolver is closed
	key      maphash.Seed
	day      uint64 // counts the days, so that an answer for a past one is let fall
	answers  map[Ticket]answer
	domains  map[hit.Host]hit.Host // each once, since answers repeat
	queue    []question            // a ring
	first    int                   // the place of the one that waits longest
	waiting  int
	closed   bool
	counts   Counts
	asking   sync.WaitGroup
	workers  []worker
	answered atomic.Uint64
}

// A question is an address that waits to be asked for. This type, and the packets of a
// worker, are all that holds an address for longer than its request.
type question struct {
	address [16]byte
	ticket  Ticket
}

// A Ticket finds the answer for an address that was asked for. It is a keyed hash; 0 is
// none.
type Ticket uint64

// A State says what is known of an address's name.
type State uint8

const (
	Unasked  State = iota // it is not asked for: it can have no name, or too much waits
	Waiting               // the answer is still to come
	Named                 // it is in a domain
	Nameless              // it is in none, or nobody answered
)

// answer is what came of a question.
type answer struct {
	domain hit.Host
	state  State
	silent uint8 // how often nobody answered
}

// Counts are what became of the questions so far.
type Counts struct {
	Asked    uint64 // sent to the server
	Named    uint64 // answered by a domain
	Nameless uint64 // answered by none
	Silent   uint64 // not answered in time, or by a failure
	Refused  uint64 // never sent: too many waited, or were asked for that day
}

// A Reverse configures a [Resolver]. Only Server is needed.
type Reverse struct {
	// Server is the DNS server: an address of this computer, and a port.
	Server string
	// Timeout is how long an answer is waited for. Default 1.5 s.
	Timeout time.Duration
	// Queue is how many questions may wait. Default 1024.
	Queue int
	// Most is how many addresses are asked for in a day. Default 262,144, which take
	// some 20 MiB.
	Most int
	// Workers is how many questions are under way at once. Default 16.
	Workers int
}

// fault is an error whose text is ours.
type fault string

func (f fault) Error() string { return string(f) }

const (
	errServer   fault = "the resolver is no address and port, such as 127.0.0.1:53"
	errLoopback fault = "the resolver is not on loopback: no other computer may be shown a visitor's address by this program"
)

// attempts is how often an address is asked for in a day as long as nobody answers.
const attempts = 2

// NewResolver returns a resolver that asks the server that config names, and refuses one
// that is not on this computer.
func NewResolver(config Reverse) (*Resolver, error) {
	server, err := netip.ParseAddrPort(config.Server)
	switch {
	case err != nil || server.Port() == 0:
		return nil, errServer
	case !server.Addr().Unmap().IsLoopback():
		return nil, errLoopback
	}
	r := &Resolver{
		server: server, timeout: or(config.Timeout, 1500*time.Millisecond), most: or(config.Most, 1<<18),
		key: maphash.MakeSeed(), answers: map[Ticket]answer{}, domains: map[hit.Host]hit.Host{},
		queue: make([]question, or(config.Queue, 1024)), workers: make([]worker, or(config.Workers, 16)),
	}
	r.wake = sync.NewCond(&r.mu)
	for i := range r.workers {
		r.asking.Go(func() { r.work(&r.workers[i]) })
	}
	return r, nil
}

func or[N int | time.Duration](given, otherwise N) N {
	if given > 0 {
		return given
	}
	return otherwise
}

// Ask returns what is known of the address's domain, at once. Of one that was not asked
// for it puts the question, if there is room. The ticket is for [Resolver.Answer]; it is
// 0 where there is nothing to wait for.
func (r *Resolver) Ask(address netip.Addr) (domain hit.Host, state State, ticket Ticket) {
	address = address.Unmap().WithZone("")
	if !isPublic(address) {
		return hit.Host{}, Unasked, 0
	}
	bytes := address.As16()
	r.mu.Lock()
	defer r.mu.Unlock()
	ticket = Ticket(maphash.Bytes(r.key, bytes[:]) | 1)
	a, isKnown := r.answers[ticket]
	if isKnown && (a.silent == 0 || a.silent >= attempts || a.state == Waiting) {
		return a.domain, a.state, ticket
	}
	if r.closed || r.waiting == len(r.queue) || !isKnown && len(r.answers) >= r.most {
		r.counts.Refused++
		return hit.Host{}, Unasked, 0
	}
	r.answers[ticket] = answer{state: Waiting, silent: a.silent}
	r.queue[(r.first+r.waiting)%len(r.queue)] = question{bytes, ticket}
	r.waiting++
	r.wake.Signal()
	return hit.Host{}, Waiting, ticket
}

// Answer returns what has come of the question with that ticket. A ticket of a day that
// is over, or of none, is unasked.
func (r *Resolver) Answer(ticket Ticket) (hit.Host, State) {
	r.mu.Lock()
	defer r.mu.Unlock()
	a := r.answers[ticket]
	return a.domain, a.state
}

// Answered counts the questions that have come to an end, so that whoever keeps tickets
// knows whether to look. It waits for nothing.
func (r *Resolver) Answered() uint64 { return r.answered.Load() }

// Counts returns what became of the questions since the start.
func (r *Resolver) Counts() Counts {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.counts
}

// Forget ends the day: what waits is overwritten, what was answered is forgotten, and
// tickets of yesterday find nothing. Questions under way end unheard, within the timeout.
func (r *Resolver) Forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.forget()
}

func (r *Resolver) forget() {
	clear(r.queue)
	r.first, r.waiting = 0, 0
	r.answers, r.domains = map[Ticket]answer{}, map[hit.Host]hit.Host{}
	r.key = maphash.MakeSeed()
	r.day++
}

// Close forgets everything and waits for the questions under way, no longer than the
// timeout. A closed resolver asks nothing.
func (r *Resolver) Close() {
	r.mu.Lock()
	r.closed = true
	r.forget()
	r.wake.Broadcast()
	r.mu.Unlock()
	r.asking.Wait()
}

// work puts one question after the other, until the resolver is closed.
func (r *Resolver) work(w *worker) {
	for {
		ticket, day, ok := r.next(w)
		if !ok {
			return
		}
		domain, outcome := w.ask(r.server, r.timeout)
		w.wipe()
		r.note(ticket, day, domain, outcome)
	}
}

// next moves the question that waits longest into the worker's packet, and overwrites
// its place.
func (r *Resolver) next(w *worker) (ticket Ticket, day uint64, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for r.waiting == 0 && !r.closed {
		r.wake.Wait()
	}
	if r.closed {
		return 0, 0, false
	}
	q := &r.queue[r.first]
	w.write(&q.address)
	ticket = q.ticket
	*q = question{}
	r.first = (r.first + 1) % len(r.queue)
	r.waiting--
	r.counts.Asked++
	return ticket, r.day, true
}

func (r *Resolver) note(ticket Ticket, day uint64, domain hit.Host, outcome outcome) {
	r.mu.Lock()
	defer r.mu.Unlock()
	defer r.answered.Add(1)
	a := answer{domain: domain, state: Nameless, silent: r.answers[ticket].silent}
	switch outcome {
	case named:
		a.state, a.silent = Named, 0
		r.counts.Named++
	case nameless:
		a.silent = 0
		r.counts.Nameless++
	default:
		a.silent++
		r.counts.Silent++
	}
	if day != r.day {
		return
	}
	if once, ok := r.domains[domain]; ok {
		a.domain = once
	} else {
		r.domains[domain] = domain
	}
	r.answers[ticket] = a
}

// isPublic reports whether an address can have a name that the world knows. Others are
// not asked for: they would tell the world of the site's own networks.
func isPublic(address netip.Addr) bool {
	if !address.IsGlobalUnicast() || address.IsPrivate() {
		return false
	}
	if address.Is4() { // of carriers: 100.64.0.0/10, RFC 6598
		b := address.As4()
		return binary.BigEndian.Uint32(b[:])>>22 != 100<<2|64>>6
	}
	return true
}
