package public_test

import (
	"encoding/json"
	"encoding/xml"
	"html"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"oboro/aggregator/release"
	"oboro/aggregator/statistic"
	"oboro/dashboards/public"
)

// twoMonths is a world with September and October, both measured whole. In October there
// were more visitors, on phones; desktops stayed as they were, and as many came on tablets.
func twoMonths(t *testing.T) (*world, public.Publication) {
	t.Helper()
	w := newWorld(t)
	october := w.period
	w.period, w.missed, w.rerun = release.MonthOf(october.First()-1), nil, nil
	w.start = w.period.First()
	releases := w.all()
	w.period, w.sizes = october, map[string]int64{"": 700, "phone": 330, "desktop": 184, "tablet": 183, "JP": 540}
	return w, w.publication(append(releases, w.all()...)...)
}

// TestGoldenOfTwoMonths are the pages that need a period before.
func TestGoldenOfTwoMonths(t *testing.T) {
	_, p := twoMonths(t)
	checkGolden(t, "two", build(t, p), []string{
		"sites/demo/2026-10/index.html", "en/sites/demo/2026-10/index.html", "easy/index.html", "feed.atom", "en/feed.atom",
		"changes/index.html", "en/changes/index.html", "accessibility/index.html", "en/accessibility/index.html",
		"embed/demo/days-visitors.ja.svg", "embed/demo/days-visitors.ja.html", "embed/demo/devices.en.svg", "embed/demo/devices.en.html",
	})
}

// text returns a page as it is read.
func text(page []byte) string {
	return html.UnescapeString(tagged.ReplaceAllString(string(page), ""))
}

// TestChangesAreSaidInWords holds what a page says of a table against the month before.
// Seen to fail when any larger figure is called an increase, and when sums are compared
// though a day is missing.
func TestChangesAreSaidInWords(t *testing.T) {
	_, p := twoMonths(t)
	files := build(t, p)
	tests := []struct{ page, want string }{
		{"sites/demo/2026-10/index.html", "訪問者・日は、前の期間（2026年9月）より約2,200（1,800〜2,600）増えました。この期間は31日間、前の期間は30日間です。"},
		{"en/sites/demo/2026-10/index.html", "Visitor-days: about 2,200 (1,800 to 2,600) more than in September 2026. This period has 31 days, the one before 30."},
		{"sites/demo/2026-10/index.html", "最も多い項目は「スマートフォン」約8,900（8,600〜9,100）でした。スマートフォンは、前の期間（2026年9月）より約2,100（1,700〜2,500）減りました。"},
		{"sites/demo/2026-10/index.html", "最も多い項目は「日本」約14,800（14,500〜15,000）でした。日本は、前の期間（2026年9月）から変化があったとは言えません。"},
		{"en/sites/demo/2026-10/index.html", "Japan: no change from September 2026 can be told."},
	}
	for _, tt := range tests {
		if !strings.Contains(text(files[tt.page]), tt.want) {
			t.Errorf("%s does not say %q", tt.page, tt.want)
		}
	}
	if said := text(files["sites/demo/2026-09/index.html"]); strings.Contains(said, "前の期間") {
		t.Error("the first period is compared with one before")
	}
	rows := table(t, files["en/sites/demo/2026-10/index.html"], "devices")
	for _, want := range [][]string{{"1", "Phone", "fewer"}, {"joint 2 to 3", "Desktop", "no change can be told"}, {"joint 2 to 3", "Tablet", "more"}} {
		if !slices.ContainsFunc(rows, func(r []string) bool {
			return len(r) == 4 && r[0] == want[0] && r[1] == want[1] && r[3] == want[2]
		}) {
			t.Errorf("the table of devices has no row %v: %v", want, rows)
		}
	}
}

var (
	rowOf  = regexp.MustCompile(`(?s)<tr>(.*?)</tr>`)
	cellOf = regexp.MustCompile(`(?s)<t[dh][^>]*>(.*?)</t[dh]>`)
)

// table returns the rows of the table of that id.
func table(t *testing.T, page []byte, id string) (rows [][]string) {
	t.Helper()
	_, rest, ok := strings.Cut(string(page), `aria-labelledby="`+id+`-caption"`)
	if !ok {
		t.Fatalf("there is no table %s", id)
	}
	body, _, _ := strings.Cut(rest, "</table>")
	for _, row := range rowOf.FindAllStringSubmatch(body, -1) {
		var cells []string
		for _, c := range cellOf.FindAllStringSubmatch(row[1], -1) {
			cells = append(cells, text([]byte(c[1])))
		}
		rows = append(rows, cells)
	}
	return rows
}

// TestPeriodsWithGapsAreNotCompared was seen to fail when sums are compared though a day
// is missing: October has one day less, so its sum is smaller.
func TestPeriodsWithGapsAreNotCompared(t *testing.T) {
	w, p := twoMonths(t)
	w.missed = map[statistic.Day]bool{w.period.First() + 11: true}
	p = w.publication(append(p.Releases[:3:3], w.all()...)...)
	page := build(t, p)["en/sites/demo/2026-10/index.html"]
	if said := text(page); !strings.Contains(said, "It is not compared with September 2026, since not all days of both were measured.") || !strings.Contains(said, "Days not measured: 1. The chart leaves them open.") {
		t.Error("a period with a gap does not say that it is not compared")
	}
	for _, row := range table(t, page, "devices")[1:] {
		if row[3] != "not compared" {
			t.Errorf("in a period with a gap, a row is compared: %v", row)
		}
	}
}

var mark = regexp.MustCompile(`<data class="figure" value="([^"]*)"(?: data-low="(\d+)" data-high="(\d+)")? data-status="([FBNW])" data-table="([^"]*)" data-measure="([^"]*)" data-key="([^"]*)" data-start="([^"]*)" data-end="([^"]*)">`)

// TestMarksSayWhatTablesSay holds each marked figure of each page against the table that
// it names. Seen to fail when marks have the printed range, and, here and where tables are
// corrected and withdrawn, when they name another version.
func TestMarksSayWhatTablesSay(t *testing.T) {
	_, p := twoMonths(t)
	if marked := checkMarks(t, build(t, p)); marked < 300 {
		t.Errorf("only %d figures are marked", marked)
	}
}

func checkMarks(t *testing.T, files map[string][]byte) (marked int) {
	t.Helper()
	for name, file := range files {
		if filepath.Ext(name) != ".html" {
			continue
		}
		if all, whole := strings.Count(string(file), `class="figure"`), len(mark.FindAll(file, -1)); all != whole {
			t.Errorf("%s has %d figures, of which %d are marked", name, all, whole)
		}
		for _, m := range mark.FindAllStringSubmatch(string(file), -1) {
			marked++
			if got := strings.Join(m[1:5], " "); got != rowOfTable(t, files, m) {
				t.Errorf("%s: %s is marked %q; the table has %q", name, m[5:], got, rowOfTable(t, files, m))
			}
		}
	}
	return marked
}

// rowOfTable returns value, range and status of the row that a mark names.
func rowOfTable(t *testing.T, files map[string][]byte, m []string) string {
	t.Helper()
	var e release.Envelope
	if err := json.Unmarshal(files["data/v1/"+m[5]+"/table.json"], &e); err != nil {
		t.Fatalf("there is no table %s", m[5])
	}
	rows := e.Data
	if total, ok := e.Totals[m[6]]; ok && m[8] != m[9] {
		rows = []release.EnvelopeRow{total}
	}
	for _, r := range rows {
		keyed := m[7] == "" || slices.Contains(r.Columns, html.UnescapeString(m[7]))
		measured := len(e.Query.Measures) == 1 || slices.Contains(r.Columns, m[6]) || len(rows) == 1
		if r.Columns[0] == m[8] && r.Columns[1] == m[9] && keyed && measured {
			if r.Value == nil {
				return "   " + string(r.Status)
			}
			return strings.Join([]string{strconv.FormatInt(*r.Value, 10), strconv.FormatInt(*r.Low, 10), strconv.FormatInt(*r.High, 10), string(r.Status)}, " ")
		}
	}
	return "no such row"
}

// bare finds an estimate with nothing behind it.
var bare = regexp.MustCompile(`(?:約|だいたい |about )([\d,]+)(.{0,2})`)

// TestSentencesHaveNoBareNumber holds that each estimate has its range behind it, on pages,
// in feeds and in pictures. Seen to fail when the sentence of a change leaves its range out.
func TestSentencesHaveNoBareNumber(t *testing.T) {
	_, p := twoMonths(t)
	found := 0
	for name, file := range build(t, p) {
		if ext := filepath.Ext(name); ext != ".html" && ext != ".atom" && ext != ".svg" {
			continue
		}
		for _, m := range bare.FindAllStringSubmatch(text(block.ReplaceAll(file, nil)), -1) {
			found++
			if !strings.HasPrefix(m[2], "（") && !strings.HasPrefix(m[2], " (") {
				t.Errorf("%s says %q without a range", name, m[0])
			}
		}
	}
	if found < 100 {
		t.Errorf("only %d estimates were found", found)
	}
}

type feed struct {
	ID      string `xml:"id"`
	Updated string `xml:"updated"`
	Entries []struct {
		ID    string `xml:"id"`
		Title string `xml:"title"`
		Link  struct {
			Href string `xml:"href,attr"`
		} `xml:"link"`
	} `xml:"entry"`
}

func readFeed(t *testing.T, file []byte) feed {
	t.Helper()
	var f feed
	if err := xml.Unmarshal(file, &f); err != nil {
		t.Fatal(err)
	}
	return f
}

// TestFeedKeepsItsEntries publishes again later, and then a correction: entries that were
// there stay as they were, byte for byte, and a new one comes first. Seen to fail when
// entries have the day of this publication, when names count them, and when an entry tells
// the newest figures.
func TestFeedKeepsItsEntries(t *testing.T) {
	w, p := twoMonths(t)
	first := build(t, p)
	p.Day += 20
	later := build(t, p)
	for _, name := range []string{"feed.atom", "en/feed.atom"} {
		if string(first[name]) != string(later[name]) {
			t.Errorf("%s is another on a later day", name)
		}
		f := readFeed(t, first[name])
		if len(f.Entries) != 2 || f.Updated != "2026-11-10T00:00:00Z" || !strings.HasPrefix(f.ID, "urn:uuid:") {
			t.Errorf("%s: %d entries, updated %s, named %s", name, len(f.Entries), f.Updated, f.ID)
		}
		for _, e := range f.Entries {
			if at := filepath.Join(filepath.Dir(name), e.Link.Href); first[at] == nil {
				t.Errorf("%s leads to %s, which is not there", name, at)
			}
		}
	}
	if a, b := readFeed(t, first["feed.atom"]), readFeed(t, first["en/feed.atom"]); a.Entries[0].ID == a.Entries[1].ID || a.ID == b.ID || a.Entries[0].ID == b.Entries[0].ID {
		t.Error("two things have one name")
	}
	w.missed = map[statistic.Day]bool{}
	p.Releases[5] = p.Releases[5].Withdraw(2, statistic.Text{JA: "数え方の誤りです。", EN: "A fault in the counting."})
	corrected := string(build(t, p)["en/feed.atom"])
	for _, entry := range strings.SplitAfter(string(first["en/feed.atom"]), "</entry>")[:2] {
		if _, entry, _ = strings.Cut(entry, "<entry>"); !strings.Contains(corrected, entry) {
			t.Errorf("an entry is not as it was: %s", entry)
		}
	}
	if f := readFeed(t, []byte(corrected)); len(f.Entries) != 3 || f.Entries[0].Title != "Website of the Example Agency: usage in October 2026 was withdrawn" || f.Updated != "2026-11-30T00:00:00Z" {
		t.Errorf("after a withdrawal, the feed has %+v", f)
	}
}

// TestWithdrawnFiguresAreNowhere takes a table back: no page shows its figures, and what
// happened is told. Seen to fail when the sentence of a table is made of its first version.
func TestWithdrawnFiguresAreNowhere(t *testing.T) {
	_, p := twoMonths(t)
	build(t, p)
	for _, i := range []int{3, 4} {
		p.Releases[i] = p.Releases[i].Withdraw(2, statistic.Text{JA: "数え方の誤りです。", EN: "A fault in the counting."})
	}
	p.Day++
	files := build(t, p)
	checkMarks(t, files)
	page := text(files["en/sites/demo/2026-10/index.html"])
	for _, want := range []string{"The figures for October 2026 are withdrawn; see the changes.", "The figures of this table are withdrawn; see the changes."} {
		if !strings.Contains(page, want) {
			t.Errorf("the page of a withdrawn table does not say %q", want)
		}
	}
	for name, file := range files {
		for _, m := range mark.FindAllStringSubmatch(string(file), -1) {
			if strings.HasPrefix(m[5], "demo/days/2026-10") && m[4] != "W" {
				t.Errorf("%s shows a figure of a withdrawn table", name)
			}
		}
	}
	changes := text(files["en/changes/index.html"])
	for _, want := range []string{"11 November 2026", "Withdrawn: Website of the Example Agency, October 2026, “Devices”, version 2.", "About version 2", "About version 1", "Published: October 2026 (Website of the Example Agency)."} {
		if !strings.Contains(changes, want) {
			t.Errorf("the page of changes does not say %q: %s", want, changes)
		}
	}
}

// TestIncidentsAreTold holds that the methodology names the days that were not as usual, of the
// newest period. Seen to fail when the oldest is taken.
func TestIncidentsAreTold(t *testing.T) {
	w, p := twoMonths(t)
	w.missed = map[statistic.Day]bool{w.period.First() + 11: true}
	w.rerun = map[statistic.Day]bool{w.period.First() + 4: true}
	p = w.publication(append(p.Releases[:3:3], w.all()...)...)
	said := text(build(t, p)["en/methodology/index.html"])
	for _, want := range []string{"Website of the Example Agency, October 2026", "nobody came: 12 October 2026", "after a restart: 5 October 2026"} {
		if !strings.Contains(said, want) {
			t.Errorf("the methodology does not say %q", want)
		}
	}
	if strings.Contains(said, "1 September 2026") {
		t.Error("the methodology tells the days of an older period")
	}
}

// TestCorrectionsAreTold measures more days: the page of changes names them.
func TestCorrectionsAreTold(t *testing.T) {
	w := newWorld(t)
	p := w.publication(w.all()...)
	build(t, p)
	w.missed = nil
	var releases []release.Release
	for _, r := range w.all() {
		releases = append(releases, r.Revised(2))
	}
	p.Releases = releases
	files := build(t, p)
	checkMarks(t, files)
	changes := text(files["en/changes/index.html"])
	if want := "Corrected: Website of the Example Agency, October 2026, “Devices”, version 2. More days are measured: 12 October 2026."; !strings.Contains(changes, want) {
		t.Errorf("the page of changes does not say %q: %s", want, changes)
	}
}

// TestEasyTextsAreEasy holds the texts in easy Japanese: every kanji has its reading, in
// kana; sentences are short; and placeholders are those of the other texts. Seen to fail
// when a reading is left out.
func TestEasyTextsAreEasy(t *testing.T) {
	easy, ja := load(t, "easy.json"), load(t, "ja.json")
	pair := regexp.MustCompile(`\{([^{|}]+)\|([^{|}]+)\}`)
	for key, said := range easy {
		for _, m := range pair.FindAllStringSubmatch(said, -1) {
			if strings.ContainsFunc(m[2], func(r rune) bool { return !unicode.Is(unicode.Hiragana, r) }) {
				t.Errorf("%s: the reading %q is not in kana", key, m[2])
			}
		}
		plain := pair.ReplaceAllString(said, "")
		if strings.ContainsFunc(plain, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
			t.Errorf("%s: a kanji has no reading in %q", key, plain)
		}
		for _, sentence := range strings.Split(pair.ReplaceAllString(said, "$1"), "。") {
			if n := len([]rune(strings.ReplaceAll(sentence, " ", ""))); n > 45 {
				t.Errorf("%s: a sentence has %d letters: %s", key, n, sentence)
			}
		}
		if other, ok := ja[key]; ok && !slices.Equal(placeholders(pair.ReplaceAllString(said, "$1")), placeholders(other)) && key != "coverage.unit" && !strings.HasPrefix(key, "period.") {
			t.Errorf("%s: other placeholders than in ja.json", key)
		}
		if !strings.HasPrefix(key, "easy.") && ja[key] == "" {
			t.Errorf("%s is in no other language", key)
		}
	}
}

// TestEasyPageReadsAllOfItself holds that the page's own words have readings, that names and
// nothing else stand without, and that it has the figures of the other pages.
func TestEasyPageReadsAllOfItself(t *testing.T) {
	_, p := twoMonths(t)
	page := build(t, p)["easy/index.html"]
	main := regexp.MustCompile(`(?s)<main.*</main>`).Find(page)
	read := regexp.MustCompile(`<ruby>.*?</ruby>`).ReplaceAllString(string(main), "")
	if left := strings.ReplaceAll(text([]byte(read)), "例示庁ウェブサイト", ""); strings.ContainsFunc(left, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
		t.Errorf("the easy page has kanji without readings: %s", left)
	}
	for _, want := range []string{"増", `data-table="demo/days/2026-10/1"`, "スマートフォン", "だいたい 19,100（18,800から 19,400の あいだ）"} {
		if !strings.Contains(string(main), want) {
			t.Errorf("the easy page lacks %q", want)
		}
	}
	if strings.Contains(string(page), "2026-09") {
		t.Error("the easy page tells of an older period")
	}
}

// TestEmbedsAreOfTheNewestPeriod holds that charts for others say what they are of, ask for
// nothing, and that what is to be copied leads to them from every period: a page does not
// change with what comes after it. Seen to fail when the charts of the
// oldest period are embedded.
func TestEmbedsAreOfTheNewestPeriod(t *testing.T) {
	_, p := twoMonths(t)
	files := build(t, p)
	at := regexp.MustCompile(`src=&#34;https://…/([^&]*)&#34;`)
	copied := 0
	for _, page := range []string{"sites/demo/2026-10/index.html", "en/sites/demo/2026-10/index.html", "sites/demo/2026-09/index.html", "en/sites/demo/2026-09/index.html"} {
		for _, m := range at.FindAllSubmatch(files[page], -1) {
			copied++
			if files[string(m[1])] == nil {
				t.Errorf("%s tells to embed %s, which is not there", page, m[1])
			}
		}
	}
	if copied != 32 {
		t.Errorf("%d lines can be copied, want 32: of four charts, as a picture and as a frame, in two languages, on pages of two periods", copied)
	}
	for name, file := range files {
		if !strings.HasPrefix(name, "embed/") || filepath.Ext(name) != ".svg" {
			continue
		}
		said := text(file)
		if !strings.Contains(said, "2026-10-r1") || !strings.Contains(said, "例示庁") && !strings.Contains(said, "Example Agency") {
			t.Errorf("%s does not say of what release it is", name)
		}
		if err := xml.Unmarshal(file, new(struct{})); err != nil || strings.Contains(string(file), "href") {
			t.Errorf("%s is no picture that stands alone: %v", name, err)
		}
	}
}

// TestEmbedsOfNothingSaySo: where the newest period has no figure of a table that is large enough,
// or the table was taken back, what was copied from the page of the period before leads to a chart that
// says so. Seen to fail when only tables with figures were embedded.
func TestEmbedsOfNothingSaySo(t *testing.T) {
	for _, name := range []string{"too small", "withdrawn"} {
		t.Run(name, func(t *testing.T) {
			w, p := twoMonths(t)
			newest := slices.IndexFunc(p.Releases, func(r release.Release) bool {
				return r.Period() == w.period && r.Statistic().ID == "countries"
			})
			if name == "withdrawn" {
				build(t, p)
				p.Releases[newest] = p.Releases[newest].Withdraw(2, statistic.Text{JA: "数え方の誤り", EN: "A wrong count"})
			} else {
				w.sizes = map[string]int64{"": 0, "JP": 0, "US": 0, "TW": 0, "KR": 0}
				p.Releases[newest] = w.release(countries)
			}
			files := build(t, p)
			if !strings.Contains(string(files["en/sites/demo/2026-09/index.html"]), "embed/demo/countries.en.svg") {
				t.Fatal("the page of the period before has no line to copy: this test tests nothing")
			}
			for at, want := range map[string]string{
				"embed/demo/countries.en.svg": "No figure of this period can be shown.", "embed/demo/countries.en.html": "No figure of this period can be shown.",
				"embed/demo/countries.ja.svg": "この期間に示せる数値はありません。", "embed/demo/countries.ja.html": "2026-10",
			} {
				if said := text(files[at]); !strings.Contains(said, want) {
					t.Errorf("%s says %q, want %q", at, said, want)
				}
			}
		})
	}
}

// TestPagesCanBeCited holds that each page of a period tells its lasting address and how to
// cite its tables.
func TestPagesCanBeCited(t *testing.T) {
	_, p := twoMonths(t)
	files := build(t, p)
	for name := range maps.Keys(files) {
		cited := strings.Contains(string(files[name]), `<link rel="cite-as" href="./">`)
		if of := strings.Contains(name, "sites/") && filepath.Ext(name) == ".html"; cited != of {
			t.Errorf("%s: tells a lasting address: %v", name, cited)
		}
	}
	if want := "Example Agency, Devices (demo, 2026-10), release 2026-10-r1, published 2026-11-10"; !strings.Contains(text(files["en/sites/demo/2026-10/index.html"]), want) {
		t.Errorf("the page does not say %q", want)
	}
}

// checkGolden holds files against those in testdata/golden, whose names begin with a word.
func checkGolden(t *testing.T, begin string, files map[string][]byte, names []string) {
	t.Helper()
	for _, name := range names {
		at := filepath.Join("testdata", "golden", strings.TrimPrefix(begin+"_"+strings.ReplaceAll(name, "/", "_"), "_"))
		if *update {
			if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(at, files[name], 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(at)
		if err != nil || len(want) == 0 {
			t.Fatalf("no golden file for %s; write it with -update", name)
		}
		if string(files[name]) != string(want) {
			t.Errorf("%s is not as in %s; if that is meant, write it with -update", name, at)
		}
	}
}
