package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// The shape of the soak's load.
const (
	senders      = 2
	perSender    = 32               // connections, each of which has one request under way at most
	perLife      = 1000             // requests of a connection, which is then opened anew
	answerWithin = 30 * time.Second // or the run fails
)

// A tally is what the senders have done so far.
type tally struct {
	sent, accepted, other atomic.Int64
	lost                  atomic.Int64 // requests without an answer: nobody knows whether they count
	longest               atomic.Int64 // answer, in nanoseconds
	slow                  atomic.Int64 // answers of more than 100 ms
}

// A sender sends hits over its connections: a round of one on each, then the answers
// of that round. It sends no more than its rate, and less where it is not answered
// fast enough.
type sender struct {
	address string
	rate    float64 // hits a second; 0 is as fast as they are answered
	hits    *crowd
	tally   *tally
	lines   []wire
	request []byte
}

// A wire is a connection and when its request went out.
type wire struct {
	conn   net.Conn
	in     *bufio.Reader
	served int
	began  time.Time
}

// send has all senders send until ctx ends, at that rate together.
func send(ctx context.Context, address string, rate float64, t *tally) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var group sync.WaitGroup
	faults := make([]error, senders)
	for i := range senders {
		g := newGenerator(1_000_000, time.Unix(0, 0))
		g.random = rand.New(rand.NewPCG(seed, uint64(1+i))) // the same visitors, in another order
		s := &sender{address: address, rate: rate / senders, hits: &crowd{generator: g}, tally: t, lines: make([]wire, perSender)}
		group.Go(func() {
			if faults[i] = s.run(ctx); faults[i] != nil {
				cancel()
			}
		})
	}
	group.Wait()
	return errors.Join(faults...)
}

// run sends rounds until ctx ends. Every request that went out is waited for.
func (s *sender) run(ctx context.Context) error {
	defer func() {
		for _, l := range s.lines {
			if l.conn != nil {
				l.conn.Close()
			}
		}
	}()
	began := time.Now()
	for sent := 0; ctx.Err() == nil; sent += len(s.lines) {
		if s.rate > 0 {
			due := began.Add(time.Duration(float64(sent) / s.rate * float64(time.Second)))
			if wait := time.Until(due); wait > 0 {
				time.Sleep(wait)
			} else if wait < -time.Second { // what was missed is not made up for
				began, sent = time.Now(), 0
			}
		}
		if err := s.round(); err != nil {
			return err
		}
	}
	return nil
}

func (s *sender) round() error {
	for i := range s.lines {
		l := &s.lines[i]
		if l.conn == nil || l.served == perLife {
			if err := s.open(l); err != nil {
				return err
			}
		}
		s.request = appendRequest(s.request[:0], s.hits.hit())
		l.began = time.Now()
		l.conn.SetDeadline(l.began.Add(answerWithin)) // an error is that of the write
		l.served++
		s.tally.sent.Add(1)
		if _, err := l.conn.Write(s.request); err != nil {
			s.tally.lost.Add(1)
			return fmt.Errorf("send: %w", err)
		}
	}
	for i := range s.lines {
		code, err := answerOf(s.lines[i].in)
		if err != nil {
			s.tally.lost.Add(1)
			return fmt.Errorf("receive: %w", err)
		}
		s.note(code, time.Since(s.lines[i].began))
	}
	return nil
}

// open opens a connection anew.
func (s *sender) open(l *wire) error {
	if l.conn != nil {
		l.conn.Close()
	}
	conn, err := net.Dial("tcp", s.address)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	*l = wire{conn: conn, in: bufio.NewReaderSize(conn, 1024)}
	return nil
}

func (s *sender) note(code int, took time.Duration) {
	if code == 202 {
		s.tally.accepted.Add(1)
	} else {
		s.tally.other.Add(1)
	}
	if took > 100*time.Millisecond {
		s.tally.slow.Add(1)
	}
	for {
		longest := s.tally.longest.Load()
		if int64(took) <= longest || s.tally.longest.CompareAndSwap(longest, int64(took)) {
			return
		}
	}
}

// answerOf reads an answer, and returns its status.
func answerOf(in *bufio.Reader) (code int, err error) {
	length := 0
	for first := true; ; first = false {
		text, err := in.ReadSlice('\n')
		if err != nil {
			return 0, err
		}
		text = bytes.TrimSuffix(text, []byte("\r\n"))
		switch {
		case first:
			if len(text) < 12 {
				return 0, errors.New("an answer without a status")
			}
			if code, err = strconv.Atoi(string(text[9:12])); err != nil {
				return 0, err
			}
		case len(text) == 0:
			_, err := io.CopyN(io.Discard, in, int64(length))
			return code, err
		default:
			if value, ok := bytes.CutPrefix(text, []byte("Content-Length: ")); ok {
				if length, err = strconv.Atoi(string(value)); err != nil {
					return 0, err
				}
			}
		}
	}
}

// favourites is how many pages a reader comes back to, all day. What the server knows of
// who has seen what is then whole before long: without it a day's exact sets would grow
// with each hit, as they must.
const favourites = 16

// A crowd is the visitors of a generator who are no robots, each with pages of its own.
type crowd struct {
	*generator
	habit rand.PCG
}

// hit draws a view of a page that counts.
func (r *crowd) hit() line {
	for {
		who := r.byVisitor.draw(r.random)
		l := line{visitor: r.visitors[who], status: 200, referrer: r.referrer()}
		if l.visitor.agent.robot {
			continue
		}
		r.habit.Seed(uint64(who), uint64(r.random.IntN(favourites)))
		l.target = r.pages[r.byPage.draw(rand.New(&r.habit))]
		return l
	}
}

// appendRequest appends the request of a browser behind a proxy.
func appendRequest(b []byte, l line) []byte {
	body, ok := l.body()
	if !ok { // the referrer is too long for the form
		l.referrer = ""
		body, _ = l.body()
	}
	b = append(b, "POST /hit HTTP/1.1\r\n"...)
	b = append(b, l.head("*/*", "keep-alive")...)
	b = append(b, "Content-Type: text/plain;charset=UTF-8\r\nContent-Length: "...)
	b = strconv.AppendInt(b, int64(len(body)), 10)
	b = append(b, "\r\n\r\n"...)
	return append(b, body...)
}
