package collector_test

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"oboro/collector"
	"oboro/collector/hit"
)

// A logged is what one line of a log tells.
type logged struct {
	at      time.Time
	address string
	request string
	status  int
	agent   string
}

func (l logged) line() []byte {
	return fmt.Appendf(nil, "%s - - [%s] %q %d 512 \"https://search.example/\" %q\n",
		l.address, l.at.Format("02/Jan/2006:15:04:05 -0700"), l.request, l.status, l.agent)
}

func newLog(t *testing.T) (*world, *collector.Log) {
	t.Helper()
	w := newWorld(t, everything)
	l, err := collector.NewLog(w.config(everything), 0)
	if err != nil {
		t.Fatalf("make a log reader: %v", err)
	}
	t.Cleanup(l.Close)
	return w, l
}

func add(t *testing.T, l *collector.Log, lines ...logged) {
	t.Helper()
	for _, line := range lines {
		if word, err := l.Add(line.line()); word != "kept" || err != nil {
			t.Fatalf("Add = %q, %v, want kept", word, err)
		}
	}
}

// crowd returns a line every twenty seconds in order of time: five visitors on
// some pages, with pauses that end a visit.
func crowd(from time.Time, n int) []logged {
	var lines []logged
	at := from
	for i := range n {
		if i%40 == 39 {
			at = at.Add(31 * time.Minute)
		}
		at = at.Add(20 * time.Second)
		status := 200
		if i%11 == 0 {
			status = 404
		}
		lines = append(lines, logged{at, fmt.Sprintf("198.51.%d.7", i*7%5), fmt.Sprintf("GET /guide/%d?q=1 HTTP/1.1", i*3%4), status, firefox})
	}
	return lines
}

// Lines that stand up to ten minutes out of order give the hits of sorted ones.
// Seen to fail with a window of nine minutes, and with a queue that keeps the
// order of the log.
func TestLogPutsLinesInOrder(t *testing.T) {
	lines := crowd(noon, 400)
	read := func(lines []logged) []hit.Hit {
		w, l := newLog(t)
		add(t, l, lines...)
		l.Done(hit.DayOf(noon))
		hits, _ := w.drain()
		return hits
	}
	want := read(lines)
	if len(want) != len(lines) {
		t.Fatalf("%d hits of %d lines", len(want), len(lines))
	}
	for seed := range uint64(5) {
		r := rand.New(rand.NewPCG(seed, 0))
		late := map[time.Time]time.Time{}
		for _, l := range lines { // a server writes a line when the answer is sent
			late[l.at] = l.at.Add(time.Duration(r.IntN(2)) * 10 * time.Minute)
		}
		shuffled := slices.Clone(lines)
		slices.SortStableFunc(shuffled, func(a, b logged) int { return late[a.at].Compare(late[b.at]) })
		if got := read(shuffled); !reflect.DeepEqual(got, want) {
			t.Errorf("seed %d: shuffled lines give other hits", seed)
		}
	}
}

// Seen to fail when entries of one time are not told apart by their number.
func TestLogKeepsLinesOfOneSecondInTheirOrder(t *testing.T) {
	w, l := newLog(t)
	for i := range 20 {
		add(t, l, logged{noon, "198.51.100.7", fmt.Sprintf("GET /guide/%d HTTP/1.1", i), 200, firefox})
	}
	add(t, l, logged{noon.Add(11 * time.Minute), "198.51.100.7", "GET /guide/20 HTTP/1.1", 200, firefox})
	l.Done(hit.DayOf(noon))
	hits, _ := w.drain()
	if len(hits) != 21 {
		t.Fatalf("%d hits, want 21", len(hits))
	}
	for i, h := range hits {
		if want := fmt.Sprintf("/guide/%d", i); h.Page.Path() != want {
			t.Errorf("hit %d is of %s, want %s", i, h.Page.Path(), want)
		}
	}
}

// Each day has a key and a state of its own, whatever order days end in. Seen to
// fail when Done hands on the hits of earlier days (their later lines come too
// late to be put in order), and when a day that is done is begun again.
func TestLogDays(t *testing.T) {
	at := func(minutes int) logged {
		return logged{midnight.Add(time.Duration(minutes) * time.Minute), "198.51.100.7", "GET / HTTP/1.1", 200, firefox}
	}
	first, second := hit.DayOf(noon), hit.DayOf(midnight)
	for _, order := range [][]hit.Day{{first, second}, {second, first}} {
		t.Run(fmt.Sprint(order[0], " first"), func(t *testing.T) {
			w, l := newLog(t)
			add(t, l, at(-8), at(-2), at(1), at(3), at(-5))
			if len(w.hits) > 1 {
				t.Fatalf("%d hits before their window has passed, want that of eleven minutes ago at most", len(w.hits))
			}
			l.Done(order[0])
			for _, h := range w.hits[1:] { // behind that one
				if h.Day != order[0] {
					t.Errorf("a hit of %v is handed on with %v", h.Day, order[0])
				}
			}
			l.Done(order[1])
			hits, meters := w.drain()
			seen := map[hit.Day]int{}
			begun := map[hit.Day]int{}
			for _, h := range hits {
				seen[h.Day] += int(h.Seen & 1)
				begun[h.Day] += int(h.Moves & hit.Begins)
			}
			want := map[hit.Day]int{first: 1, second: 1}
			if len(hits) != 5 || !reflect.DeepEqual(seen, want) || !reflect.DeepEqual(begun, want) {
				t.Errorf("%d hits, first seen %v, visits %v, want 5 and one of each a day", len(hits), seen, begun)
			}
			if meters["2026-04-01 0 kept"] != 3 || meters["2026-04-02 0 kept"] != 2 || len(meters) != 2 {
				t.Errorf("meters = %v, want 3 and 2 kept", meters)
			}
		})
	}
}

func TestLogLineOfADoneDayIsLate(t *testing.T) {
	w, l := newLog(t)
	line := logged{noon, "198.51.100.7", "GET / HTTP/1.1", 200, firefox}
	add(t, l, line)
	l.Done(hit.DayOf(noon))
	word, err := l.Add(line.line())
	hits, meters := w.drain()
	if word != "late" || err != nil || len(hits) != 1 || meters[day+" 0 late"] != 1 {
		t.Errorf("Add = %q, %v with %d hits and meters %v, want late and the one hit before", word, err, len(hits), meters)
	}
}

func TestLogRefuses(t *testing.T) {
	good := logged{noon, "198.51.100.7", "GET /guide/x HTTP/1.1", 200, firefox}
	change := func(f func(l *logged)) []byte {
		l := good
		f(&l)
		return l.line()
	}
	for _, tt := range []struct {
		name string
		line []byte
		want string
	}{
		{"a page counts", good.line(), "kept"},
		{"a page that is as it was counts", change(func(l *logged) { l.status = 304 }), "kept"},
		{"a whole URL counts", change(func(l *logged) { l.request = "GET https://a.example/guide/x HTTP/1.1" }), "kept"},
		{"POST", change(func(l *logged) { l.request = "POST /guide/x HTTP/1.1" }), "method"},
		{"HEAD", change(func(l *logged) { l.request = "HEAD /guide/x HTTP/1.1" }), "method"},
		{"a request that is none", change(func(l *logged) { l.request = "-" }), "method"},
		{"a redirection", change(func(l *logged) { l.status = 301 }), "status"},
		{"an error", change(func(l *logged) { l.status = 500 }), "status"},
		{"an image", change(func(l *logged) { l.request = "GET /a.png HTTP/1.1" }), "asset"},
		{"an image asked for in vain", change(func(l *logged) { l.request, l.status = "GET /a.png HTTP/1.1", 404 }), "asset"},
		{"a secret", change(func(l *logged) { l.request = "GET /.env HTTP/1.1" }), "scanner"},
		{"a secret in vain", change(func(l *logged) { l.request, l.status = "GET /.env HTTP/1.1", 404 }), "scanner"},
		{"a door in vain", change(func(l *logged) { l.request, l.status = "GET /wp-login.php HTTP/1.1", 404 }), "scanner"},
		{"a door counts", change(func(l *logged) { l.request = "GET /wp-login.php HTTP/1.1" }), "kept"},
		{"a declared page in vain counts", change(func(l *logged) { l.request, l.status = "GET /guide/wp-login.php HTTP/1.1", 404 }), "kept"},
		{"a referrer of spam", bytes.Replace(good.line(), []byte("search.example"), []byte("1-99seo.com"), 1), "referrer-spam"},
		{"a bot", change(func(l *logged) { l.agent = "Mozilla/5.0 (compatible; bingbot/2.0)" }), "bot bot-search"},
		{"a host name for an address", change(func(l *logged) { l.address = "p1234.isp.example" }), "address"},
		{"a path that is no page", change(func(l *logged) { l.request = "GET /%zz HTTP/1.1" }), "page"},
		{"no line of a log", []byte("nonsense"), "format"},
		{"nothing", nil, "format"},
		{"a time that is none", []byte(strings.Replace(string(good.line()), "01/Apr", "32/Apr", 1)), "time"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w, l := newLog(t)
			word, err := l.Add(tt.line)
			l.Done(hit.DayOf(noon))
			hits, meters := w.drain()
			if whole, _, _ := strings.Cut(tt.want, " "); word != whole || err != nil || (len(hits) == 1) != (tt.want == "kept") {
				t.Errorf("Add = %q, %v, with %d hits, want %q", word, err, len(hits), tt.want)
			}
			if tt.want != "format" && tt.want != "time" && !maps.Equal(meters, onceOf("0 "+tt.want)) {
				t.Errorf("meters = %v, want one %s", meters, tt.want)
			}
		})
	}
}

func TestLogOfBrokenLinks(t *testing.T) {
	w, l := newLog(t)
	for i, status := range []int{404, 410, 200} {
		add(t, l, logged{noon.Add(time.Duration(i) * time.Second), "198.51.100.7", "GET /old HTTP/1.1", status, firefox})
	}
	l.Done(hit.DayOf(noon))
	hits, _ := w.drain()
	for i, want := range []hit.Kind{hit.NotFound, hit.NotFound, hit.View} {
		if hits[i].Kind != want || hits[i].Page.Path() != "/old" {
			t.Errorf("hit %d is %v of %s, want %v of /old", i, hits[i].Kind, hits[i].Page.Path(), want)
		}
	}
	if hits[2].Moves&hit.Begins == 0 {
		t.Error("the first view of the visit begins it, whatever was asked for in vain before")
	}
}

// Lines are read in the deployment's zone, whatever the zone they were written in.
func TestLogWhen(t *testing.T) {
	_, l := newLog(t)
	at, ok := l.When(logged{midnight.UTC(), "198.51.100.7", "GET / HTTP/1.1", 200, firefox}.line())
	if !ok || !at.Equal(midnight) || hit.DayOf(at) != hit.DayOf(midnight) || at.Hour() != 0 {
		t.Errorf("When = %v, %v, want %v", at, ok, midnight)
	}
	if _, ok := l.When([]byte("nonsense")); ok {
		t.Error("nonsense has a time")
	}
}

// Lines that are glanced at some lines before their turns count as those that are not: with
// what is refused between them, lines of two days, and a day that is done meanwhile. Seen to
// fail when Parse leaves a glance of another line, when one is cast at a line of another day
// than the latest, and when what a glance refused is taken for a hit.
func TestGlanceMakesNoDifference(t *testing.T) {
	for seed := range uint64(8) {
		r := rand.New(rand.NewPCG(seed, 3))
		lines := slices.Concat(crowd(midnight.Add(-3*time.Hour), 300), crowd(midnight.Add(-5*time.Minute), 300))
		for i := range lines {
			switch r.IntN(8) {
			case 0:
				lines[i].request = "GET /style.css HTTP/1.1"
			case 1:
				lines[i].status = 301
			case 2:
				lines[i].agent = "Googlebot/2.1"
			case 3:
				lines[i].request = "GET /guide/%zz HTTP/1.1"
			case 4:
				lines[i].at = midnight.Add(time.Duration(r.IntN(20)-10) * time.Minute)
			}
		}
		done := r.IntN(len(lines))
		read := func(block int) ([]hit.Hit, map[string]int, map[string]int) {
			w, l := newLog(t)
			words := map[string]int{}
			parsed := make([]collector.Line, block) // used again, as by an import
			for from := 0; from < len(lines); from += block {
				part := lines[from:min(from+block, len(lines))]
				for i, line := range part {
					if o := l.Parse(nil, line.line(), &parsed[i]); o != collector.Kept {
						t.Fatalf("a line is %s", o.Word())
					}
					if block > 1 {
						l.Glance(line.line(), &parsed[i])
					}
				}
				for i, line := range part {
					l.Near(line.line(), &parsed[i])
				}
				for i, line := range part {
					o, err := l.Take(line.line(), &parsed[i])
					if err != nil {
						t.Fatal(err)
					}
					if words[o.Word()]++; from+i == done {
						l.Done(hit.DayOf(noon))
					}
				}
			}
			l.Done(hit.DayOf(noon))
			l.Done(hit.DayOf(midnight))
			hits, meters := w.drain()
			return hits, meters, words
		}
		hits, meters, words := read(1)
		if len(words) < 5 || len(hits) < 100 {
			t.Fatalf("seed %d: %d hits, and %v", seed, len(hits), words)
		}
		for _, block := range []int{2, 16, 61} {
			if got, told, said := read(block); !reflect.DeepEqual(got, hits) || !maps.Equal(told, meters) || !maps.Equal(said, words) {
				t.Errorf("seed %d: in blocks of %d lines there are %d hits and %v, want %d and %v", seed, block, len(got), said, len(hits), words)
			}
		}
	}
}
