package collector_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"oboro/collector"
	"oboro/collector/hit"
)

// everything computes all there is, countries aside: their table takes time to
// unpack, and has a test of its own.
var everything = hit.Plan{
	Kinds: [hit.Kinds]bool{true, true, true},
	Computes: hit.Of(hit.ByHour, hit.ByPage, hit.BySource, hit.ByBrowser, hit.ByVersion,
		hit.BySystem, hit.ByDevice, hit.ByLanguage),
	Sets: []hit.Set{
		{Of: hit.View, Cap: 1},
		{Of: hit.View, By: hit.Of(hit.ByPage), Cap: 2},
		{Of: hit.NotFound, Cap: 1},
	},
	Visits: 3,
}

const firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"

var tokyo = time.FixedZone("Tokyo", 9*60*60)

// noon is when the clock of a world begins.
var noon = time.Date(2026, 4, 1, 12, 0, 0, 0, tokyo)

// declared is what the collector tells visitors.
var declared = collector.Declaration{
	Sites: []collector.DeclaredSite{
		{ID: "a", Title: collector.Text{JA: "甲サイト", EN: "Site A"}},
		{ID: "dnt", Title: collector.Text{JA: "乙サイト", EN: "Site <B> & Co."}, DNT: true},
	},
	Timezone: "Asia/Tokyo", K: 10, Flush: 300, Rate: 200,
	Names: map[string]map[string]collector.Text{"device": {"desktop": {JA: "パソコン", EN: "Desktop <computer>"}}},
	Statistics: []collector.DeclaredStatistic{
		{ID: "days", Title: collector.Text{JA: "日別", EN: "Days"}, Purpose: collector.Text{JA: "公表する。", EN: "Tell the public."},
			Of: "view", Measures: []string{"visitors"}, Grain: "day", Retention: 25, K: 10, Audience: "public",
			Published: []collector.PublishedStatistic{{Measure: "visitors", Delta2: "1", Sigma2: "495"}}},
		{ID: "traffic", Title: collector.Text{JA: "時間帯別", EN: "By hour"}, Purpose: collector.Text{JA: "保守の時間を決める。", EN: "When to maintain."}, Dimensions: []string{"hour"}, Retention: 25},
		{ID: "browsers", Title: collector.Text{JA: "閲覧ソフト", EN: "Browsers"}, Purpose: collector.Text{JA: "対応を決める。", EN: "Which to <support>."}, Dimensions: []string{"browser"}, Retention: 13},
		{ID: "versions", Title: collector.Text{JA: "版", EN: "Versions"}, Purpose: collector.Text{JA: "版を知る。", EN: "See versions."}, Dimensions: []string{"version"}, Retention: 13},
		{ID: "sources", Title: collector.Text{JA: "参照元", EN: "Sources"}, Purpose: collector.Text{JA: "案内を置く。", EN: "Where to point from."}, Dimensions: []string{"source"}, Retention: 25},
		{ID: "next-pages", Title: collector.Text{JA: "次のページ", EN: "Next pages"}, Purpose: collector.Text{JA: "次を知る。", EN: "See what comes next."}, Dimensions: []string{"page", "next"}, Retention: 25},
	},
}

// A recorder is a sink that keeps what it is given.
type recorder struct {
	mu     sync.Mutex
	hits   []hit.Hit
	meters map[string]int // by day, site and reason
	turned []hit.Day
	fault  bool // Take panics
}

func (r *recorder) Take(h hit.Hit) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fault {
		panic("a fault planted by the test")
	}
	h.Numbers = hit.Numbers{} // which no two tables have in common
	r.hits = append(r.hits, h)
	r.meters[fmt.Sprint(h.Day, " ", h.Site, " kept")]++
}

func (r *recorder) Meter(day hit.Day, site int, reason string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.meters[fmt.Sprint(day, " ", site, " ", reason)]++
}

// drain returns what was recorded and begins anew.
func (r *recorder) drain() ([]hit.Hit, map[string]int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	hits, meters := r.hits, r.meters
	r.hits, r.meters = nil, map[string]int{}
	return hits, meters
}

// A world is a collector on a listener of its own, with a clock that the test sets.
type world struct {
	*recorder
	collector *collector.Collector
	server    *collector.Server
	address   string

	clock  sync.Mutex
	at     time.Time
	random io.Reader
}

func (w *world) now() time.Time {
	w.clock.Lock()
	defer w.clock.Unlock()
	return w.at
}

func (w *world) set(at time.Time) {
	w.clock.Lock()
	defer w.clock.Unlock()
	w.at = at
}

// Read gives the random bytes of the day's keys.
func (w *world) Read(b []byte) (int, error) {
	w.clock.Lock()
	defer w.clock.Unlock()
	return w.random.Read(b)
}

func (w *world) config(plan hit.Plan) collector.Config {
	return collector.Config{
		Sites: []collector.Site{
			{ID: "a", Hosts: []string{"a.example", "www.a.example"}, Pages: []string{"/", "/guide/*"}},
			{ID: "dnt", Hosts: []string{"dnt.example"}, DNT: true},
		},
		Plan: plan, Zone: tokyo, Now: w.now, Random: w, Sink: w,
		Trusted:     []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
		Declaration: declared,
		Turned: func(day hit.Day, _ []byte) error {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.turned = append(w.turned, day)
			return nil
		},
	}
}

func newWorld(t testing.TB, plan hit.Plan) *world {
	t.Helper()
	w := &world{recorder: &recorder{meters: map[string]int{}}, at: noon, random: rand.Reader}
	var err error
	if w.collector, err = collector.New(w.config(plan)); err != nil {
		t.Fatalf("make a collector: %v", err)
	}
	t.Cleanup(w.collector.Close)
	w.server = w.collector.NewServer()
	return w
}

// with gives the world a collector of another configuration, in place of its own.
func (w *world) with(t testing.TB, config collector.Config) *world {
	t.Helper()
	var err error
	if w.collector, err = collector.New(config); err != nil {
		t.Fatalf("make a collector: %v", err)
	}
	t.Cleanup(w.collector.Close)
	w.server = w.collector.NewServer()
	return w
}

// serving returns a world that listens on loopback.
func serving(t *testing.T, plan hit.Plan) *world {
	t.Helper()
	w := newWorld(t, plan)
	w.listen(t, func(l net.Listener) net.Listener { return l })
	return w
}

// listen has the world's server listen on loopback, behind what the test puts between.
func (w *world) listen(t *testing.T, between func(net.Listener) net.Listener) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("listen: %v", err)
	}
	w.address = listener.Addr().String()
	ended := make(chan error)
	go func() { ended <- w.server.Serve(between(listener)) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := w.server.Shutdown(ctx); err != nil {
			t.Errorf("shut down: %v", err)
		}
		if err := <-ended; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
}

// send writes the bytes to a new connection, says that no more will come, and
// returns all bytes that came back.
func (w *world) send(t testing.TB, request string) []byte {
	t.Helper()
	conn, err := net.Dial("tcp", w.address)
	if err != nil {
		t.Fatalf("connect: %v", err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatalf("send: %v", err)
	}
	conn.(*net.TCPConn).CloseWrite()
	var out bytes.Buffer
	_, err = io.Copy(&out, conn)
	if err != nil && out.Len() == 0 { // a reset after the answer is the client's own fault
		t.Fatalf("receive: %v", err)
	}
	return out.Bytes()
}

// ask sends one request and returns its answer.
func (w *world) ask(t testing.TB, request string) answer {
	t.Helper()
	list, err := read(w.send(t, request))
	if err != nil || len(list) != 1 {
		t.Fatalf("answers to one request = %+v, %v", list, err)
	}
	return list[0]
}

// A sender is a browser at an address.
type sender struct{ address, agent, more string }

var visitor = sender{address: "198.51.100.7", agent: firefox}

// head returns the headers that a proxy in front of the collector sends on.
func (s sender) head() string {
	head := "Host: stats.example\r\nX-Forwarded-For: " + s.address + "\r\nAccept-Language: ja,en;q=0.5\r\n" + s.more
	if s.agent != "" {
		head += "User-Agent: " + s.agent + "\r\n"
	}
	return head
}

func (s sender) post(body string) string {
	return fmt.Sprintf("POST /hit HTTP/1.1\r\n%sContent-Length: %d\r\n\r\n%s", s.head(), len(body), body)
}

func (s sender) view(path string) string {
	return s.post(fmt.Sprintf(`{"u":"https://a.example%s","r":"https://search.example/find?q=secret"}`, path))
}

func (s sender) get(target string) string {
	return fmt.Sprintf("GET %s HTTP/1.1\r\n%s\r\n", target, s.head())
}

func mustPage(t testing.TB, path string) hit.Page {
	t.Helper()
	p, ok := hit.ParsePage(path)
	if !ok {
		t.Fatalf("%q is no page", path)
	}
	return p
}

func TestHitIsCounted(t *testing.T) {
	w := serving(t, everything)
	if a := w.ask(t, visitor.view("/guide/x?mail=a@b.example#c")); a.code != 202 || a.body != "" {
		t.Fatalf("answer to a view = %d %q, want 202 and nothing", a.code, a.body)
	}
	source, _ := hit.ParseHost("search.example")
	language, _ := hit.ParseLanguage("ja")
	want := hit.Hit{
		Kind: hit.View, Moves: hit.Begins | hit.Capped, Day: hit.DayOf(noon), Hour: 12,
		Env:  hit.Pack(hit.Environment{Browser: hit.Firefox, Version: 140, System: hit.Linux, Device: hit.Desktop, Language: language}),
		Page: mustPage(t, "/guide/x"), Source: source, Listed: hit.Of(hit.ByPage), Seen: 0b011, Reach: 0b011,
	}
	hits, meters := w.drain()
	if len(hits) != 1 || hits[0] != want {
		t.Errorf("hits = %+v, want one, %+v", hits, want)
	}
	if len(meters) != 1 || meters["2026-04-01 0 kept"] != 1 {
		t.Errorf("meters = %v, want one kept", meters)
	}
}

// A detail that the plan does not name is not computed: its field stays as it is
// in a zero Hit. Seen to fail when environment sets Browser whatever the plan is.
// That intake itself leaves a page and a source alone, intake's own test holds.
func TestPlanComputesNothingElse(t *testing.T) {
	fields := map[hit.Dimension]func(h *hit.Hit) bool{
		hit.ByPage:     func(h *hit.Hit) bool { return h.Page != hit.Page{} },
		hit.BySource:   func(h *hit.Hit) bool { return h.Source != hit.Host{} },
		hit.ByCountry:  func(h *hit.Hit) bool { return h.Env.Unpack().Country != hit.Country{} },
		hit.ByRegion:   func(h *hit.Hit) bool { return h.Env.Unpack().Region != 0 },
		hit.ByNetwork:  func(h *hit.Hit) bool { return h.Network != hit.Host{} },
		hit.ByBrowser:  func(h *hit.Hit) bool { return h.Env.Unpack().Browser != 0 },
		hit.ByVersion:  func(h *hit.Hit) bool { return h.Env.Unpack().Version != 0 },
		hit.BySystem:   func(h *hit.Hit) bool { return h.Env.Unpack().System != 0 },
		hit.ByDevice:   func(h *hit.Hit) bool { return h.Env.Unpack().Device != 0 },
		hit.ByLanguage: func(h *hit.Hit) bool { return h.Env.Unpack().Language != hit.Language{} },

		hit.ByNetworkClass: func(h *hit.Hit) bool { return h.Env.Unpack().Class != 0 },
	}
	japan := sender{address: "203.178.137.58", agent: firefox}
	files := tablesOf(t)
	alone := []hit.Dimensions{0}
	for d := range fields {
		alone = append(alone, hit.Of(d))
	}
	for _, computes := range alone {
		t.Run("only "+computes.String(), func(t *testing.T) {
			w := newWorld(t, everything)
			config := w.config(hit.Plan{Kinds: everything.Kinds, Computes: computes})
			config.Tables = files
			w.with(t, config)
			for range 2 { // the second one has a page left behind
				if list, err := w.feed([]byte(japan.view("/guide/x"))); err != nil || list[0].code != 202 {
					t.Fatalf("answers = %+v, %v, want 202", list, err)
				}
			}
			hits, _ := w.drain()
			for _, h := range hits {
				for d, set := range fields {
					if set(&h) != computes.Has(d) {
						t.Errorf("with a plan of (%s) the %s of a hit is set: %v", computes, d, set(&h))
					}
				}
				if (h.Left.Page != hit.Page{}) && !computes.Has(hit.ByPage) {
					t.Error("a page left behind is in the hit, though no statistic counts by page")
				}
			}
		})
	}
}

func TestCountryIsOfTheForwardedAddress(t *testing.T) {
	w := newWorld(t, hit.Plan{Kinds: everything.Kinds, Computes: hit.Of(hit.ByCountry)})
	if w.collector.Places().Date.IsZero() {
		t.Error("the country table in use has no date")
	}
	w.feed([]byte(sender{address: "8.8.8.8, 203.178.137.58", agent: firefox}.view("/")))
	hits, _ := w.drain()
	if len(hits) != 1 || hits[0].Env.Unpack().Country.Code() != "JP" {
		t.Errorf("hits = %+v, want one of JP", hits)
	}
}

func TestNewRefuses(t *testing.T) {
	w := newWorld(t, everything)
	for _, tt := range []struct {
		name   string
		change func(c *collector.Config)
		want   string
	}{
		{"no sites", func(c *collector.Config) { c.Sites = nil }, "number of sites"},
		{"a declared page that is none", func(c *collector.Config) { c.Sites[0].Pages = []string{"guide"} }, `site a: "guide"`},
		{"a country table that is not there", func(c *collector.Config) {
			c.Plan.Computes, c.Tables.Countries = hit.Of(hit.ByCountry), t.TempDir()+"/none.mmdb"
		}, "read the country table"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			config := w.config(everything)
			tt.change(&config)
			_, err := collector.New(config)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("New = %v, want an error with %q", err, tt.want)
			}
			if _, err := collector.NewLog(config, 0); err == nil {
				t.Error("NewLog takes what New refuses")
			}
		})
	}
}
