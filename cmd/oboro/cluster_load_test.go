package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// comers is how many visitors send to a cluster, each from a network of its own.
const comers = 160

// A posted is a hit that was answered 202, or, of one who objects, 204.
type posted struct {
	visitor int
	body    string
}

// A stretch is what was sent while the clocks stood forward by as much.
type stretch struct {
	clock time.Duration
	sent  []posted
}

// A sender sends hits of many visitors through a balancer. It writes down what was
// answered: another process that is sent the same, by the same clock, must count the same.
// Visitors send one hit after the other, so that the order of what each sent is known.
type sender struct {
	t       *testing.T
	address string // of the balancer

	runs      uint64 // of during, each of which draws other hits
	mu        sync.Mutex
	stretches []stretch
	of        [comers]string // address of the collector that each visitor was sent to
}

// clock begins a stretch.
func (s *sender) clock(by time.Duration) { s.stretches = append(s.stretches, stretch{clock: by}) }

// those returns the visitors of a collector, or all where none is named.
func (s *sender) those(collector string) (list []int) {
	for visitor := range comers {
		if collector == "" || s.of[visitor] == collector {
			list = append(list, visitor)
		}
	}
	return list
}

// sites are those of the cluster: one on each of its shards.
var sites = []string{"http://alpha.example", "http://gamma.example"}

// opening has each visitor come to both sites, ask for what all ask for, and for pages that
// are not there. So each collector has seen all that it may write down by more than three networks,
// as one process has that takes them all.
func (s *sender) opening() {
	s.t.Helper()
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	referrers := []string{"", "https://partner.example/", "https://www.google.com/", "https://other.example/links/"}
	for visitor := range comers {
		for _, site := range sites {
			s.send(client, visitor, fmt.Sprintf(`{"u":"%s/%s","r":"%s","w":%d}`, site, linked[visitor%len(linked)], referrers[visitor%4], 400+visitor%3*600))
			for _, page := range []string{"/news/", "/events/", "/guide/"} {
				s.send(client, visitor, fmt.Sprintf(`{"u":"%s%s"}`, site, page))
			}
			s.send(client, visitor, fmt.Sprintf(`{"u":"%s/old/","st":404}`, site))
			if visitor%2 == 0 { // what (other) hides, beside that of which one visitor came
				s.send(client, visitor, fmt.Sprintf(`{"u":"%s/older/","st":404}`, site))
			}
		}
	}
	ofEach := map[string]int{}
	for _, collector := range s.of {
		ofEach[collector]++
	}
	for collector, n := range ofEach {
		if len(ofEach) != 2 || n < comers/8 {
			s.t.Fatalf("the balancer sends %d of %d visitors to %s of %d, want two with some each", n, comers, collector, len(ofEach))
		}
	}
}

// during has visitors send while f runs.
func (s *sender) during(visitors []int, f func()) {
	s.t.Helper()
	ctx, stop := context.WithCancel(s.t.Context())
	var group sync.WaitGroup
	s.runs++
	const workers = 4
	for first := range workers {
		random := rand.New(rand.NewPCG(uint64(first), s.runs))
		group.Go(func() {
			client := &http.Client{Transport: &http.Transport{}}
			defer client.CloseIdleConnections()
			for at := first; ctx.Err() == nil; at = (at + workers) % (len(visitors) / workers * workers) {
				s.send(client, visitors[at], hitOf(random, visitors[at]))
				time.Sleep(25 * time.Millisecond) // an even load, and a bounded one
			}
		})
	}
	f()
	stop()
	group.Wait()
}

// hitOf returns one of the hits of a visitor: a page that is declared or known to all, one that
// nobody else asks for, how long one was read, or a link that is broken.
func hitOf(random *rand.Rand, visitor int) string {
	site := sites[random.IntN(len(sites))]
	switch random.IntN(12) {
	case 0:
		return fmt.Sprintf(`{"u":"%s/of-%d/"}`, site, visitor)
	case 1, 2:
		return fmt.Sprintf(`{"u":"%s/","e":"engaged","s":%d}`, site, 1+random.IntN(20))
	case 3:
		return fmt.Sprintf(`{"u":"%s/old/","st":404}`, site)
	case 4:
		return fmt.Sprintf(`{"u":"%s/lost-%d/","st":404}`, site, visitor)
	}
	return fmt.Sprintf(`{"u":"%s%s"}`, site, []string{"/", "/guide/", "/news/", "/events/"}[random.IntN(4)])
}

// send sends a hit, sees to it that it is answered by the collector of its visitor, and writes it
// down. One without an answer could be counted or not: so none is sent to a collector that is
// about to be killed.
func (s *sender) send(client *http.Client, visitor int, body string) {
	answer, err := client.Do(hitRequest(s.address, posted{visitor, body}))
	if err != nil {
		s.t.Errorf("a hit has no answer: %v", err)
		return
	}
	io.Copy(io.Discard, answer.Body)
	answer.Body.Close()
	from := answer.Header.Get("X-Collector")
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.of[visitor] == "" {
		s.of[visitor] = from
	}
	if answer.StatusCode != wanted(visitor) || s.of[visitor] != from {
		s.t.Errorf("a hit of visitor %d is answered %d by %s, want %d by %s", visitor, answer.StatusCode, from, wanted(visitor), s.of[visitor])
		return
	}
	now := &s.stretches[len(s.stretches)-1]
	now.sent = append(now.sent, posted{visitor, body})
}

// objects reports whether a visitor objects to being counted.
func objects(visitor int) bool { return visitor%20 == 7 }

func wanted(visitor int) int {
	if objects(visitor) {
		return http.StatusNoContent
	}
	return http.StatusAccepted
}

// hitRequest is a hit as a visitor's browser sends it.
func hitRequest(address string, h posted) *http.Request {
	r, err := http.NewRequest(http.MethodPost, "http://"+address+"/hit", strings.NewReader(h.body))
	if err != nil {
		panic(err)
	}
	r.Header.Set("X-Forwarded-For", fmt.Sprintf("133.200.%d.9", h.visitor))
	r.Header.Set("User-Agent", browsers[h.visitor%2])
	if language := []string{"ja", "en-GB,en;q=0.8", ""}[h.visitor%3]; language != "" {
		r.Header.Set("Accept-Language", language)
	}
	if objects(h.visitor) {
		r.Header.Set("Sec-GPC", "1")
	}
	return r
}

// count returns how many views of a site were answered 202 on the day that the clocks stood at,
// and of how many visitors.
func (s *sender) count(site string, day int) (visitors, views int) {
	seen := map[int]bool{}
	for _, of := range s.stretches {
		for _, h := range of.sent {
			if int((12*time.Hour+of.clock)/(24*time.Hour)) == day && !objects(h.visitor) &&
				strings.HasPrefix(h.body, `{"u":"`+site) && !strings.Contains(h.body, `"e":`) && !strings.Contains(h.body, `"st":`) {
				seen[h.visitor] = true
				views++
			}
		}
	}
	return len(seen), views
}

// replay sends a stretch to a process that takes all visitors, in the order in which its hits
// were answered.
func (p *program) replay(of stretch) {
	p.t.Helper()
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	for _, h := range of.sent {
		answer, err := client.Do(hitRequest(p.addresses["collect"], h))
		if err != nil {
			p.t.Fatal(err)
		}
		io.Copy(io.Discard, answer.Body)
		answer.Body.Close()
		if answer.StatusCode != wanted(h.visitor) {
			p.t.Fatalf("the reference answers %d, want %d", answer.StatusCode, wanted(h.visitor))
		}
	}
}
