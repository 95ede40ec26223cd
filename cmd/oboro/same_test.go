package main

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"oboro/aggregator/statistic"
	"oboro/collector/hit"
)

// An asked is one request of a browser to the site: the web server writes a line of it,
// and the script of the page reports it, if it is one of a page.
type asked struct {
	at       time.Time
	written  time.Time // when it is answered, and the line is written
	address  string
	method   string
	target   string // as the browser sent it
	status   int
	referrer string
	agent    string
}

// log returns the line as nginx writes it.
func (l asked) log() string {
	return fmt.Sprintf("%s - - [%s] \"%s %s HTTP/1.1\" %d 512 \"%s\" \"%s\"\n", l.address,
		l.at.Format("02/Jan/2006:15:04:05 -0700"), l.method, escaped(l.target), l.status, dash(escaped(l.referrer)), dash(l.agent))
}

// escaped writes a text as nginx does in a log.
func escaped(text string) string {
	var b strings.Builder
	for _, c := range []byte(text) {
		if c < ' ' || c > '~' || c == '"' || c == '\\' {
			fmt.Fprintf(&b, `\x%02X`, c)
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}

func dash(field string) string {
	if field == "" {
		return "-"
	}
	return field
}

// reported returns what the script of the page reports, or false where no page is
// shown: of an image, of another method and of another status there is a line, and no
// hit. A log knows no language: so none is sent.
func (l asked) reported() (report, bool) {
	shown := l.status == 200 || l.status == 304 || l.status == 404 || l.status == 410
	if l.method != "GET" || !shown || strings.HasSuffix(l.target, ".png") {
		return report{}, false
	}
	body := map[string]any{"u": "http://localhost" + l.target, "r": l.referrer}
	if l.status == 404 || l.status == 410 {
		body["st"] = l.status
	}
	return report{l.address, l.agent, "", body}, true
}

// lines returns the lines of three days in the order in which they were written: up to
// ten minutes late.
func lines(seed uint64) []asked {
	random := rand.New(rand.NewPCG(seed, 1))
	of := func(choices ...string) string { return choices[random.IntN(len(choices))] }
	begin := time.Date(2026, 5, 1, 0, 0, 0, 0, time.FixedZone("", 9*3600))
	var list []asked
	for range 6000 {
		visitor := int(random.ExpFloat64()*60) % 400
		l := asked{
			at:     begin.Add(time.Duration(random.IntN(3*24*3600)) * time.Second),
			method: "GET", target: fmt.Sprintf("/guide/part-%d/", int(random.ExpFloat64()*8)), status: 200,
			agent: append(browsers, "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0")[visitor%3],
		}
		if random.IntN(3) > 0 { // visits have several views: the second of a visit, and so its order, matters
			l.at = begin.Add(time.Duration(random.IntN(3*12))*2*time.Hour + time.Duration(visitor%90)*time.Minute + time.Duration(random.IntN(900))*time.Second)
		}
		l.address = fmt.Sprintf("133.%d.%d.7", 200+visitor/200, visitor%200)
		if visitor%5 == 0 {
			l.address = fmt.Sprintf("2001:db8:%x::%x", visitor, visitor)
		}
		switch random.IntN(14) {
		case 0:
			l.target = "/images/" + of("a", "b", "c") + ".png"
		case 1:
			l.method = of("POST", "HEAD", "PUT")
		case 2:
			l.status = []int{301, 302, 403, 500}[random.IntN(4)]
		case 3:
			l.status, l.target = []int{404, 410}[random.IntN(2)], of("/old/", "/older/", "/a-typo/")
		case 4:
			l.status = 304
		case 5:
			l.agent = of("Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)", "curl/8.0", "")
		case 6:
			l.target = of("/案内/東京.html", "/%E6%A1%88%E5%86%85/", "/?q=words", "/guide/part-1/?utm_source=letter", "/?utm_medium=%E3%83%81%E3%83%A9%E3%82%B7&utm_campaign=spring-1", "/guide/?utm_campaign=SPRING&utm_source=x", "/?utm_medium=mail", "/mail/someone@example.com/", "/a\"quote\"/")
		}
		l.referrer = of("", "", "https://search.example/find?q=words", "https://www.google.com/search?q=words", "https://other.example/", "http://localhost/guide/", fmt.Sprintf("https://rare-%d.example/", random.IntN(200)))
		l.written = l.at.Add(time.Duration(random.IntN(600)) * time.Second)
		list = append(list, l)
	}
	slices.SortStableFunc(list, func(a, b asked) int { return a.written.Compare(b.written) })
	return list
}

// TestImportCountsAsLiveHits imports a log, and has the pages report the same requests
// one by one, at their times, to a collector that lives through the days: the team's
// tables are the same to the last byte, and with the same noise the measurements are.
//
// What differs, and is left out: a request that shows no page has a line and no hit, so
// the meters differ; a log has no language, so no hit tells one; the seal knows which
// days were imported.
//
// Seen to fail when a log's query tells no campaign, when its referrer tells no channel,
// when lines are put in order within one minute, when status 410 is no
// broken link of a log, when images of a log are counted, when escapes in a log are not
// undone, and when the noise differs.
func TestImportCountsAsLiveHits(t *testing.T) {
	const config = "k: 3\nsites: [{id: demo, hosts: [localhost, 127.0.0.1], campaigns: {sources: [letter], mediums: [チラシ, mail], names: [\"spring*\"]}}]\n"
	over := time.Date(2026, 5, 4, 3, 0, 0, 0, time.FixedZone("", 9*3600))
	list := lines(1)
	imported := newRig(t, over, map[string]string{"oboro.yaml": config, "access.log": joined(list)})
	done := imported.printed(importCommand{Site: "demo", Files: []string{"access.log"}, JSON: true})
	live := newRig(t, list[0].at.Add(-time.Hour), map[string]string{"oboro.yaml": config})
	live.serve()
	kept := live.live(list)
	live.set(over)
	live.close()
	if !strings.Contains(done, fmt.Sprintf(`"hits":%d,`, kept)) || kept < 4000 {
		t.Errorf("%d live hits are counted, and the import says %s", kept, done)
	}
	from, to := hit.DayOf(list[0].at), hit.DayOf(over)-1
	rows := 0
	for _, st := range live.app.catalogue.All() {
		q := queryCommand{Site: "demo", Statistic: st.ID, From: from.String(), To: to.String(), Format: "csv"}
		got, want := imported.printed(q), live.printed(q)
		rows += strings.Count(want, "\n") - 1
		if got != want {
			t.Errorf("%s: imported are\n%s\nlive hits are\n%s", st.ID, difference(got, want), difference(want, got))
		}
		if got, want := imported.measured(st, from, to), live.measured(st, from, to); got != want {
			t.Errorf("%s is measured in an import as\n%s\nof live hits as\n%s", st.ID, got, want)
		}
	}
	for id, key := range map[string]string{"channels": ",search,", "campaigns": ",spring*,", "campaign-sources": ",letter,", "campaign-mediums": ",チラシ,"} {
		if got := imported.printed(queryCommand{Site: "demo", Statistic: id, From: from.String(), To: to.String(), Format: "csv"}); !strings.Contains(got, key) {
			t.Errorf("%s have no row %q:\n%s", id, key, got)
		}
	}
	if rows < 200 {
		t.Errorf("only %d rows are compared", rows)
	}
}

func joined(list []asked) string {
	var b strings.Builder
	for _, l := range list {
		b.WriteString(l.log())
	}
	return b.String()
}

// live sends what the pages report, one by one in order of time, and returns how many
// hits were kept.
func (r *rig) live(list []asked) (kept int) {
	r.t.Helper()
	ordered := slices.Clone(list)
	slices.SortStableFunc(ordered, func(a, b asked) int { return cmp.Compare(a.at.Unix(), b.at.Unix()) })
	for n, l := range ordered {
		r.set(l.at)
		h, ok := l.reported()
		if !ok {
			continue
		}
		for status := range r.send(h.write(nil), 1) {
			switch {
			case status == 202:
				kept++
			case status != 204 && !(status == 400 && strings.Contains(l.target, "\"")):
				r.t.Fatalf("a hit of %s is answered %d", l.target, status)
			}
		}
		if n%500 == 0 {
			r.flush()
		}
	}
	return kept
}

// measured returns the measurements of a statistic as text.
func (r *rig) measured(st *statistic.Statistic, from, to statistic.Day) string {
	r.t.Helper()
	days, err := r.app.aggregator.Measured(r.t.Context(), "demo", st.ID, from, to)
	if err != nil {
		r.t.Fatal(err)
	}
	var b strings.Builder
	for _, d := range days {
		for _, m := range d.Values {
			fmt.Fprintln(&b, d.Day, m.Keys, m.Measure, m.Value, m.Sigma2)
		}
	}
	return b.String()
}

// difference returns the lines of a text that are not in another.
func difference(a, b string) string {
	var d strings.Builder
	for line := range strings.Lines(a) {
		if !strings.Contains("\n"+b, "\n"+line) {
			d.WriteString(line)
		}
	}
	return d.String()
}
