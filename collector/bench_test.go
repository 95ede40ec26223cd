package collector_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/valyala/fasthttp"

	"oboro/aggregator/statistic"
	"oboro/aggregator/tally"
	"oboro/collector"
	"oboro/collector/hit"
)

// counting is a sink that records nothing: hits become cells, meters are dropped.
type counting struct{ cells *tally.Tally }

func (c counting) Take(h hit.Hit)             { c.cells.Take(h) }
func (c counting) Meter(hit.Day, int, string) {}

// dropping is a sink that keeps nothing at all.
type dropping struct{}

func (dropping) Take(hit.Hit)               {}
func (dropping) Meter(hit.Day, int, string) {}

// tallying is a sink that counts hits.
type tallying int

func (t *tallying) Take(hit.Hit)               { *t++ }
func (t *tallying) Meter(hit.Day, int, string) {}

// agents are the forms of User-Agents that browsers send most.
var agents = []string{
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/%d.0.0.0 Safari/537.36",
	"Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/%d.0.0.0 Mobile Safari/537.36",
	"Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/%d.5 Mobile/15E148 Safari/604.1",
	"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/%d.5 Safari/605.1.15",
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36 Edg/%d.0.0.0",
	"Mozilla/5.0 (X11; Linux x86_64; rv:%[1]d.0) Gecko/20100101 Firefox/%[1]d.0",
}

// stream returns requests: 600 visitors with one of 150
// User-Agents each, who see 300 pages, some with a query, from nowhere or one of
// five referrers.
func stream() []string {
	r := rand.New(rand.NewPCG(1, 2))
	pages := rand.NewZipf(r, 1.1, 1, 299)
	languages := []string{"ja,en-US;q=0.9,en;q=0.8", "ja", "en-US,en;q=0.9"}
	list := make([]string, 4096)
	for i := range list {
		visitor := r.IntN(600)
		n := pages.Uint64()
		url := fmt.Sprintf("https://a.example/guide/section-%d/page-%d/", n%7, n)
		if r.IntN(10) == 0 {
			url += "?utm_source=letter&utm_medium=mail"
		}
		referrer := ""
		if r.IntN(2) == 0 {
			referrer = fmt.Sprintf("https://www.search%c.example/find?q=words", 'a'+r.IntN(5))
		}
		body := fmt.Sprintf(`{"u":%q,"r":%q,"w":1280,"e":"view","n":"","p":{"kind":"page"},"s":0,"d":0}`, url, referrer)
		list[i] = fmt.Sprintf("POST /hit HTTP/1.1\r\nHost: stats.example\r\nX-Forwarded-For: 203.%d.%d.%d\r\n"+
			"User-Agent: %s\r\nAccept: */*\r\nAccept-Language: %s\r\nAccept-Encoding: gzip, deflate, br\r\n"+
			"Content-Type: text/plain;charset=UTF-8\r\nOrigin: https://a.example\r\nSec-Fetch-Mode: no-cors\r\nContent-Length: %d\r\n\r\n%s",
			100+visitor%100, visitor%250, visitor%7, fmt.Sprintf(agents[visitor%len(agents)], 115+visitor%25), languages[visitor%3], len(body), body)
	}
	return list
}

// hinted returns the same requests with the client hints of a browser of Chromium.
func hinted() []string {
	list := stream()
	for i, text := range list {
		list[i] = strings.Replace(text, "Accept: ", fmt.Sprintf("sec-ch-ua: \"Chromium\";v=\"%[1]d\", \"Not=A?Brand\";v=\"24\", \"Google Chrome\";v=\"%[1]d\"\r\n"+
			"sec-ch-ua-mobile: ?0\r\nsec-ch-ua-platform: \"Windows\"\r\nAccept: ", 138+i%3), 1)
	}
	return list
}

// received returns a request as the server has read it, sent by a proxy on loopback.
func received(b testing.TB, text string) *fasthttp.RequestCtx {
	b.Helper()
	request := &fasthttp.Request{}
	if err := request.Read(bufio.NewReader(strings.NewReader(text))); err != nil {
		b.Fatalf("read the request: %v", err)
	}
	ctx := &fasthttp.RequestCtx{}
	ctx.Init2(peer{}, nil, true)
	request.CopyTo(&ctx.Request)
	return ctx
}

// peer is a connection of a proxy on loopback.
type peer struct{ net.Conn }

var loopback = &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 9}

func (peer) RemoteAddr() net.Addr { return loopback }
func (peer) LocalAddr() net.Addr  { return loopback }

// near is how many requests of the stream stay near the core, in its cache, where a request
// is that its server has just read.
const near = 512

// counted returns a warm collector with the shipped statistics, and the first requests of
// its stream. It has seen all of them.
func counted(b testing.TB, sink func(*statistic.Catalogue) collector.Sink) (*collector.Collector, []*fasthttp.RequestCtx) {
	b.Helper()
	catalogue, err := statistic.Built(nil)
	if err != nil {
		b.Fatal(err)
	}
	w := newWorld(b, everything)
	config := w.config(catalogue.Plan())
	config.Sink, config.Turned, config.Now = sink(catalogue), nil, func() time.Time { return noon }
	c, err := collector.New(config)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(c.Close)
	var list []*fasthttp.RequestCtx
	for _, text := range stream() {
		list = append(list, received(b, text))
	}
	for range 2 {
		for _, ctx := range list {
			if word := c.Body(ctx); word != "kept" {
				b.Fatalf("outcome %q of a hit, want kept", word)
			}
		}
	}
	return c, list[:near]
}

func tallied(c *statistic.Catalogue) collector.Sink {
	return counting{tally.New(c, []string{"a", "dnt"}, hit.DayOf(noon))}
}

// BenchmarkHit is a hit from its request, as the server has read it, to its cells.
func BenchmarkHit(b *testing.B) {
	c, list := counted(b, tallied)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		c.Body(list[i%len(list)])
		i++
	}
}

// BenchmarkHitToSink is the same without the cells.
func BenchmarkHitToSink(b *testing.B) {
	c, list := counted(b, func(*statistic.Catalogue) collector.Sink { return dropping{} })
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		c.Body(list[i%len(list)])
		i++
	}
}

// BenchmarkTruncate is a hit from the bytes of its request, which are read here, to the
// hit.Hit that the sink is given: known is all that it tells, with client hints and without,
// or nothing: its address, User-Agent, brands, language, page and referrer are met for the
// first time, and so is the visitor.
func BenchmarkTruncate(b *testing.B) {
	for name, list := range map[string][]string{"warm": stream(), "hinted": hinted()} {
		b.Run(name, func(b *testing.B) {
			c, _ := counted(b, func(*statistic.Catalogue) collector.Sink { return dropping{} })
			var requests [][]byte
			for _, text := range list {
				requests = append(requests, []byte(text))
				c.Plain(peer{}, requests[len(requests)-1])
			}
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				c.Plain(peer{}, requests[i%len(requests)])
				i++
			}
		})
	}
	b.Run("cold", func(b *testing.B) {
		kept := new(tallying)
		c, _ := counted(b, func(*statistic.Catalogue) collector.Sink { return kept })
		before := *kept
		b.ReportAllocs()
		request, ends := unmet()
		n := 0
		for b.Loop() {
			n++
			for _, end := range ends {
				for i, rest := end, n; rest > 0; i-- {
					if request[i] != ':' {
						request[i], rest = unmetSigns[rest%len(unmetSigns)], rest/len(unmetSigns)
					}
				}
			}
			c.Plain(peer{}, request)
		}
		if int(*kept-before) != n {
			b.Errorf("of %d hits %d are kept", n, *kept-before)
		}
	})
}

// unmetSigns are digits of an address too. An e is not among them: a "feed" is a bot's.
const unmetSigns = "abcdf0"

// unmet returns a request, and where in it the eight signs end that are to be others each
// time.
func unmet() (request []byte, ends []int) {
	const letters, address = "aaaaaaaa", "aaaa:aaaa"
	body := `{"u":"https://a.example/guide/` + letters + `","r":"https://www.` + letters + `.example/find"}`
	request = fmt.Appendf(nil, "POST /hit HTTP/1.1\r\nHost: stats.example\r\nX-Forwarded-For: 2001:%s::1\r\nUser-Agent: %s %[3]s/1\r\n"+
		"sec-ch-ua: \"Chromium\";v=\"138\", \"Not=A?Brand\";v=\"24\", \"%[3]s\";v=\"138\"\r\nsec-ch-ua-mobile: ?0\r\nsec-ch-ua-platform: \"Windows\"\r\n"+
		"Accept-Language: ja,en;q=0.5,%[3]s\r\nContent-Length: %d\r\n\r\n%s", address, fmt.Sprintf(agents[0], 138), letters, len(body), body)
	for _, run := range []string{letters, address} {
		for at := 0; ; at += len(run) {
			next := bytes.Index(request[at:], []byte(run))
			if next < 0 {
				break
			}
			at += next
			ends = append(ends, at+len(run)-1)
		}
	}
	return request, ends
}

// A client sends requests without end, one after each answer, over a connection in memory.
type client struct {
	peer
	requests []string
	next     int
	left     int
	ended    chan struct{}
}

func (c *client) Read(b []byte) (int, error) {
	if c.left == 0 {
		return 0, io.EOF
	}
	c.left--
	n := copy(b, c.requests[c.next%len(c.requests)])
	c.next++
	return n, nil
}

func (c *client) Write(b []byte) (int, error) {
	if !bytes.HasPrefix(b, []byte("HTTP/1.1 202 ")) {
		panic("a hit is not answered 202")
	}
	return len(b), nil
}

func (c *client) Close() error { close(c.ended); return nil }

// BenchmarkServed is a hit from the bytes of its connection to its cells and its answer,
// without client hints and with them.
func BenchmarkServed(b *testing.B) {
	b.Run("plain", func(b *testing.B) { served(b, stream()) })
	b.Run("hinted", func(b *testing.B) { served(b, hinted()) })
}

func served(b *testing.B, requests []string) {
	c, _ := counted(b, tallied)
	server := c.NewServer()
	l := make(single)
	ended := make(chan error)
	go func() { ended <- server.Serve(l) }()
	conn := &client{requests: requests, ended: make(chan struct{})}
	b.ReportAllocs()
	conn.left = b.N
	b.ResetTimer()
	l <- conn
	<-conn.ended
	b.StopTimer()
	close(l)
	<-ended
}

// A warm hit allocates nothing up to its sink. Seen to fail when pages are not
// remembered, when sources are not, when a plain request is copied, and when brands are.
func TestWarmHitAllocatesNothing(t *testing.T) {
	c, list := counted(t, func(*statistic.Catalogue) collector.Sink { return dropping{} })
	var plain [][]byte
	for _, text := range append(stream(), hinted()...) {
		plain = append(plain, []byte(text))
	}
	for _, text := range hinted() {
		list = append(list, received(t, text))
	}
	for name, take := range map[string]func(){
		"fasthttp has read": func() {
			for _, ctx := range list {
				c.Body(ctx)
			}
		},
		"are plain": func() {
			for _, request := range plain {
				if !c.Plain(peer{}, request) {
					t.Fatalf("%q is not plain", request)
				}
			}
		},
	} {
		if n := testing.AllocsPerRun(2, take); n > 3 { // of the runtime's own, now and then
			t.Errorf("%v allocations in %d hits that %s, want none", n, len(list), name)
		}
	}
}

// BenchmarkLog is a line of a log, from its bytes to the sink.
func BenchmarkLog(b *testing.B) {
	w := newWorld(b, everything)
	config := w.config(everything)
	config.Sink = dropping{}
	l, err := collector.NewLog(config, 0)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(l.Close)
	var lines [][]byte
	for _, line := range crowd(noon, 512) {
		lines = append(lines, line.line())
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		line := lines[i%len(lines)]
		var parsed collector.Line
		l.Parse(nil, line, &parsed)
		parsed.At = noon.Unix() + int64(i/16) // time goes on, so that a window's lines wait and no more
		if o, err := l.Take(line, &parsed); o != collector.Kept || err != nil {
			b.Fatal(o.Word(), err)
		}
		i++
	}
}
