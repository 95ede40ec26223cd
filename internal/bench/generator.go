package main

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"net/netip"
	"sort"
	"strings"
	"time"
)

// host is the site that the made-up log is of.
const host = "bench.example"

// The shape of the log, so that figures of different days are of one load.
const (
	seed      = 42
	days      = 30
	pages     = 20_000
	assets    = 200
	addresses = 50_000
)

// A generator draws the lines of an access log, always the same ones but for
// their dates: 30 days at a constant step.
type generator struct {
	random    *rand.Rand
	from      time.Time
	step      time.Duration
	drawn     int
	pages     []string
	byPage    zipf
	visitors  []visitor
	byVisitor zipf
}

// A visitor is an address with its one browser. It is made up.
type visitor struct {
	address string
	agent   agent
}

// newGenerator returns the generator of a log of so many lines from that time on.
func newGenerator(lines int, from time.Time) *generator {
	g := &generator{
		random: rand.New(rand.NewPCG(seed, 0)), from: from,
		step:   days * 24 * time.Hour / time.Duration(lines),
		byPage: newZipf(pages, 1.05), byVisitor: newZipf(addresses, 0.8),
	}
	for range pages {
		g.pages = append(g.pages, g.page())
	}
	agents, byAgent := g.agents(), newZipf(agentCount, 0.9)
	taken := map[netip.Addr]bool{}
	for len(g.visitors) < addresses {
		address := g.address()
		if taken[address] {
			continue
		}
		taken[address] = true
		g.visitors = append(g.visitors, visitor{address.String(), agents[byAgent.draw(g.random)]})
	}
	return g
}

var words = strings.Fields(`about access archive budget calendar contact council culture data disaster
	education events family forms garbage guide health housing library map medical news notice
	nursing park permit planning policy press procedure recruit roads school statistics tax
	tourism traffic voting waste water welfare`)

// page returns a path of one to three words and 28 random bits.
func (g *generator) page() string {
	var b strings.Builder
	for range 1 + g.random.IntN(3) {
		b.WriteString("/" + words[g.random.IntN(len(words))])
	}
	fmt.Fprintf(&b, "-%07x", g.random.Uint32()>>4)
	return b.String()
}

// address returns a global IPv4 address.
func (g *generator) address() netip.Addr {
	for {
		var b [4]byte
		binary.BigEndian.PutUint32(b[:], g.random.Uint32())
		a := netip.AddrFrom4(b)
		shared := b[0] == 100 && b[1]&0xc0 == 64
		if a.IsGlobalUnicast() && !a.IsPrivate() && !shared && b[0] > 0 && b[0] < 224 {
			return a
		}
	}
}

// A line is one request of the log.
type line struct {
	at       time.Time
	visitor  visitor
	target   string
	status   int
	size     int
	referrer string
	asset    bool
}

// next draws a line.
func (g *generator) next() line {
	l := line{
		at:      g.from.Add(time.Duration(g.drawn) * g.step),
		visitor: g.visitors[g.byVisitor.draw(g.random)],
		status:  g.status(),
		size:    200 + g.random.IntN(60_000-200+1),
		asset:   g.random.Float64() < 0.30,
	}
	g.drawn++
	if l.asset {
		n := g.random.IntN(assets)
		l.target = fmt.Sprintf("/assets/file-%03d.%s", n, []string{"css", "js", "png", "svg", "woff2"}[n%5])
	} else {
		l.target = g.pages[g.byPage.draw(g.random)]
		if g.random.Float64() < 0.10 {
			l.target += fmt.Sprintf("?utm_source=mail&utm_medium=letter&utm_campaign=c%d&id=%d", g.random.IntN(50), g.random.IntN(1_000_000))
		}
	}
	l.referrer = g.referrer()
	return l
}

func (g *generator) status() int {
	switch n := g.random.IntN(100); {
	case n < 90:
		return 200
	case n < 95:
		return 304
	case n < 99:
		return 404
	}
	return 301
}

// referrer returns none for every second line, else one of six forms.
func (g *generator) referrer() string {
	if g.random.IntN(2) == 0 {
		return ""
	}
	n := g.random.IntN(1000)
	switch g.random.IntN(6) {
	case 0:
		return "https://www.google.com/"
	case 1:
		return fmt.Sprintf("https://search.yahoo.co.jp/search?p=query%d&ei=UTF-8", n)
	case 2:
		return "https://" + host + g.pages[g.byPage.draw(g.random)]
	case 3:
		return fmt.Sprintf("https://t.co/a%dB", n)
	case 4:
		return fmt.Sprintf("https://www.bing.com/search?q=query+%d", n)
	}
	return fmt.Sprintf("https://news%d.example/articles/%d", n%40, n)
}

// append appends the line in the combined format, with its line break.
func (l line) append(b []byte) []byte {
	b = append(b, l.visitor.address...)
	b = append(b, " - - ["...)
	b = l.at.AppendFormat(b, "02/Jan/2006:15:04:05 -0700")
	referrer := l.referrer
	if referrer == "" {
		referrer = "-"
	}
	return fmt.Appendf(b, "] \"GET %s HTTP/1.1\" %d %d %q %q\n", l.target, l.status, l.size, referrer, l.visitor.agent.name)
}

// A zipf draws numbers from 0 up, the i-th in proportion to 1/(i+1)^s. The one of
// math/rand needs an s above 1.
type zipf []float64

func newZipf(n int, s float64) zipf {
	z, sum := make(zipf, n), 0.0
	for i := range z {
		sum += math.Pow(float64(i+1), -s)
		z[i] = sum
	}
	return z
}

func (z zipf) draw(r *rand.Rand) int {
	return min(sort.SearchFloat64s(z, r.Float64()*z[len(z)-1]), len(z)-1)
}
