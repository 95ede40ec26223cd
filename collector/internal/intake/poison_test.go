package intake

import (
	"crypto/rand"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/valyala/fasthttp"

	"oboro/collector/hit"
	"oboro/collector/internal/logline"
	"oboro/collector/internal/page"
	"oboro/collector/internal/visitors"
)

const firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"

var now = time.Date(2026, 4, 1, 12, 0, 0, 0, time.UTC)

func everything() *Intake {
	pages, _, _ := NewRegistry([]string{"/guide/*"}, new(page.Rules))
	in := New([]Site{{Hosts: []string{"a.example"}, Pages: pages}})
	in.Plan = hit.Plan{
		Kinds:    [hit.Kinds]bool{true, true, true},
		Computes: hit.Of(hit.ByPage, hit.BySource, hit.ByBrowser, hit.ByVersion, hit.BySystem, hit.ByDevice, hit.ByLanguage),
		Sets:     []hit.Set{{Of: hit.View}},
	}
	in.Zone, in.Trusted = time.UTC, proxies
	in.Lines, _, _ = NewLines(Rules{})
	return in
}

func newTable(t *testing.T, plan hit.Plan) *visitors.Table {
	t.Helper()
	table, err := visitors.New(hit.DayOf(now), plan, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(table.Destroy)
	return table
}

// poison overwrites b and what lies behind it in its buffer, as the next request
// does that the buffer is used for.
func poison(b []byte) {
	b = b[:cap(b)]
	for i := range b {
		b[i] = 0xAA
	}
}

// poisonRequest overwrites the buffers of the request that fasthttp gives out. The
// names of headers and the method are left out: fasthttp shares them.
func poisonRequest(ctx *fasthttp.RequestCtx) {
	var all [][]byte
	for _, value := range ctx.Request.Header.All() {
		all = append(all, value)
	}
	for name, value := range ctx.QueryArgs().All() {
		all = append(all, name, value)
	}
	uri := ctx.Request.URI()
	all = append(all, uri.Path(), uri.PathOriginal(), uri.QueryString(), uri.Host(), uri.Hash(), uri.FullURI(),
		ctx.Request.Header.RequestURI(), ctx.Request.Header.UserAgent(),
		ctx.Request.Header.Host(), ctx.Request.Header.RawHeaders(), ctx.PostBody())
	for _, b := range all {
		poison(b)
	}
}

// proxy is a connection of a proxy on loopback.
type proxy struct{ net.Conn }

func (proxy) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 9} }

// What is kept of a request or a line is a copy: once its buffers are used for
// something else, the hit still says what it said. Seen to fail when ParseHost
// keeps its argument instead of a clone; and, with ParsePage, by the test below.
func TestPoison(t *testing.T) {
	const url, referrer = "https://a.example/guide/kept", "https://search.example/?q=secret"
	head := "Host: x\r\nUser-Agent: " + firefox + "\r\nX-Forwarded-For: 198.51.100.7\r\nAccept-Language: ja\r\n"
	body := `{"u":"` + url + `","r":"` + referrer + `"}`
	post := "POST /hit HTTP/1.1\r\n" + head + "Content-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body
	pixel := "GET /hit.gif?u=" + url + "&r=" + referrer + " HTTP/1.1\r\n" + head + "\r\n"
	referred := "GET /hit.gif HTTP/1.1\r\nReferer: " + url + "\r\n" + head + "\r\n"
	line := `198.51.100.7 - - [01/Apr/2026:12:00:00 +0000] "GET /guide/kept HTTP/1.1" 200 1 "` + referrer + `" "` + firefox + `"`
	in := everything()
	for _, tt := range []struct {
		name, source string
		read         func(key *visitors.Key) (visitors.Sighting, Outcome, func())
	}{
		{"a body", "search.example", func(key *visitors.Key) (visitors.Sighting, Outcome, func()) {
			ctx := request(t, post)
			s, _, o := in.Body(ctx, now, key)
			return s, o, func() { poisonRequest(ctx) }
		}},
		{"a plain request", "search.example", func(key *visitors.Key) (visitors.Sighting, Outcome, func()) {
			b := []byte(post)
			s, _, o := everything().Plain(proxy{}, b, now, key)
			return s, o, func() { poison(b) }
		}},
		{"the pixel's query", "search.example", func(key *visitors.Key) (visitors.Sighting, Outcome, func()) {
			ctx := request(t, pixel)
			s, _, o := in.Pixel(ctx, now, key)
			return s, o, func() { poisonRequest(ctx) }
		}},
		{"the pixel's Referer", "", func(key *visitors.Key) (visitors.Sighting, Outcome, func()) {
			ctx := request(t, referred)
			s, _, o := in.Pixel(ctx, now, key)
			return s, o, func() { poisonRequest(ctx) }
		}},
		{"a line", "search.example", func(key *visitors.Key) (visitors.Sighting, Outcome, func()) {
			b := []byte(line)
			var l Parsed
			Parse(nil, b, &l, new(Clock))
			var s visitors.Sighting
			o := read(in, b, &l, &s, key)
			return s, o, func() { poison(b) }
		}},
		{"a line of JSON with escapes", "search.example", func(key *visitors.Key) (visitors.Sighting, Outcome, func()) {
			b := []byte(`{"ts":1775044800,"remote_ip":"198.51.100.7","request":"GET \/guide\/kept HTTP/1.1","status":200,"referer":"` +
				strings.ReplaceAll(referrer, "/", `\/`) + `","user_agent":"` + firefox + `"}`)
			format, _ := logline.NewFormat("json", time.UTC)
			var l Parsed
			Parse(format, b, &l, new(Clock))
			var s visitors.Sighting
			o := read(in, b, &l, &s, key)
			return s, o, func() { poison(b) }
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			table := newTable(t, in.Plan)
			s, outcome, overwrite := tt.read(table.Key)
			if outcome != Kept {
				t.Fatalf("outcome %q, want kept", outcome.Word())
			}
			h, _ := table.Add(&s)
			overwrite()
			if got := s.Page.Path() + " " + s.Source.Name(); got != "/guide/kept "+tt.source {
				t.Errorf("the sighting says %q once its buffers are used again", got)
			}
			if got := h.Page.Path() + " " + h.Source.Name(); got != "/guide/kept "+tt.source {
				t.Errorf("the hit says %q once the buffers of its request are used again", got)
			}
		})
	}
}

// The types of kept text copy what they are made of. Seen to fail for each when
// it keeps its argument instead of a clone.
func TestPoisonedText(t *testing.T) {
	page, host := []byte("/guide/kept"), []byte("search.example")
	p, _ := hit.ParsePage(view(page))
	h, _ := hit.ParseHost(view(host))
	poison(page)
	poison(host)
	if p.Path() != "/guide/kept" || h.Name() != "search.example" {
		t.Errorf("page %q and host %q changed with their buffers", p.Path(), h.Name())
	}
}

// The registry and the list of hosts are of the operator, but a lookup in them
// is with a visitor's text: it must not stay there.
func TestLookupsKeepNothing(t *testing.T) {
	in := everything()
	key := newTable(t, in.Plan).Key
	before := len(in.byHost)
	for i := range 20 {
		body := `{"u":"https://host` + strconv.Itoa(i) + `.example/"}`
		ctx := request(t, "POST /hit HTTP/1.1\r\nHost: x\r\nContent-Length: "+strconv.Itoa(len(body))+"\r\n\r\n"+body)
		if _, site, o := in.Body(ctx, now, key); o != UnknownSite || site != NoSite {
			t.Errorf("outcome %q of site %d, want unknown-site of none", o.Word(), site)
		}
	}
	if len(in.byHost) != before {
		t.Errorf("%d hosts are known after the requests, want %d", len(in.byHost), before)
	}
}
