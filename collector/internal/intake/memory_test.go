package intake

import (
	"crypto/rand"
	"net/netip"
	"strings"
	"testing"
	"time"

	"oboro/collector/hit"
	"oboro/collector/internal/agent"
	"oboro/collector/internal/bots"
	"oboro/collector/internal/page"
	"oboro/collector/internal/source"
	"oboro/collector/internal/visitors"
)

// What is remembered is what the parsers say, at the first and at each later time,
// and of two sites each its own. Seen to fail when the site is not part of a source's
// key, when a path is remembered with its query cut at the wrong sign, when a
// referrer's key ends at its colon, when a channel is not remembered, and when a User-Agent keeps its mark under another key;
// and of pages when the site, the value or the place of
// a parameter is not part of the key, and when what is remembered is never declared;
// and of programs when each of the hints is not part of the key, and when User-Agent and brands are one text.
func TestMemoryChangesNothing(t *testing.T) {
	rules := []page.Rules{
		{}, {Parameters: []string{"b", "q"}, Slash: page.Strip}, {Slash: page.Add}, {Parameters: []string{"b", "q"}, Slash: page.Add},
	}
	registry, _, _ := NewRegistry([]string{"/a"}, &rules[1])
	in := New([]Site{{Hosts: []string{"a.example", "www.b.example"}}, {Hosts: []string{"b.example"}, Rules: rules[1], Pages: registry}, {Rules: rules[2]}, {Rules: rules[3]}})
	in.Plan.Computes = ^hit.Dimensions(0)
	days := []*visitors.Key{newTable(t, in.Plan).Key, newTable(t, in.Plan).Key}
	agents := []string{
		"", "-", firefox, strings.Repeat("x", 3000), "Mozilla/5.0 (compatible; bingbot/2.0)", "curl/8.5.0",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36 Edg/138.0.0.0",
	}
	told := []struct {
		brands   string
		mobile   bool
		platform hit.System
	}{
		{}, {`"Brave";v="140"`, false, hit.Linux}, {`"Brave";v="140"`, true, hit.Linux}, {`"Brave";v="140"`, false, hit.Android},
		{`"Brave";v="141"`, false, hit.Linux}, {"", false, hit.Linux}, {"", true, hit.Android}, {"", true, 0}, {`"Edge";v="9"`, false, 0}, {`"?`, false, 0},
	}
	agents = append(agents, chrome, chrome+`"Edge";v="9"`) // the latter would be the former with a brand, if they were one text
	languages := []string{"", "ja", "ja,en;q=0.5", "en-US,en;q=0.9,ja;q=0.8", "xx", "*", "en;q=0,ja"}
	paths := []string{
		"", "/", "/a?b=c", "/a?d#e", "/a#d?e", "/a/index.html", "//a", "/a/", "nopage", "/%zz", "/%E6%9C%9D", "/x@y.example/", "?q", "/a;b=c",
		"/a?b=1", "/a?b=2", "/a?q=1", "/a?b=1&q=1", "/a?q=1&b=1&b=3", "/a?b=1&x=3", "/a?b=1#q=1", "?q=1", "/a?b=%zz", "/a?b=",
	}
	referrers := []string{
		"", "https://search.example/", "https://search.example/other?q=1", "https://SEARCH.example:8080", "http://search.example#x",
		"https://a.example/x", "https://b.example/", "https://www.b.example/", "https://user:pass@search.example/", "https://search.example?x/y@z.example",
		"HTTPS://search.example/", "android-app://com.slack/x", "android-app://com.slack?x", "about:blank", "https://", "http://", "http:///a.example/",
		"https:///search.example", "http://?x", "https://search.example\\@a.example/", "http://x/", "https://192.0.2.1/", "https://host.local/x",
		"https://1-99seo.com/x", "https://www.1-99seo.com/y", "https://1-99seo.com.example/",
	}
	for range 3 {
		for _, a := range agents {
			for _, h := range told {
				want := program{bot: bots.Is(a)}
				if want.kind = bots.Category(a); !want.bot {
					want = program{Agent: agent.OfHints(a, h.brands, h.mobile, h.platform)}
				}
				if got := in.programOf(raw{agent: a, brands: h.brands, mobile: h.mobile, platform: h.platform}); got != want {
					t.Errorf("programOf(%q, %+v) = %+v, want %+v", a, h, got, want)
				}
			}
			for _, day := range days {
				if in.markOf(a, day) != day.Agent(a) {
					t.Errorf("markOf(%q) is not its mark under the key of the day", a)
				}
			}
		}
		for _, l := range languages {
			if got, want := in.languageOf(l), agent.Language(l); got != want {
				t.Errorf("languageOf(%q) = %s, want %s", l, got.Code(), want.Code())
			}
		}
		for _, path := range paths {
			for site := range hit.Site(4) {
				got, ok := in.pageOf(path, site, &known{shown: in.pageKey(path, site)})
				want, fine := rules[site].Of(path)
				if declared := site == 1 && want.Path() == "/a"; got.page != want || ok != fine || got.declared != declared {
					t.Errorf("pageOf(%q, %d) = %q, %v, %v, want %q, %v, %v", path, site, got.page.Path(), got.declared, ok, want.Path(), declared, fine)
				}
			}
		}
		for _, r := range referrers {
			for site := range hit.Site(2) {
				want := source.Of(r, func(host string) bool { return in.own(site, host) })
				if got := in.sourceOf(r, site); got != (origin{want.Host, want.Channel, want.Spam}) {
					t.Errorf("sourceOf(%q) of site %d = %+v, want %+v", r, site, got, want)
				}
			}
		}
	}
}

// A sender that is known is what it was at first, and no other: of another address,
// site, User-Agent, language or day it is another. Seen to fail when With leaves the
// first key out, when the key of the day, the site, the language or one of the hints is not part of it, when
// a User-Agent has the mark that it had under another key, and when a kind that nobody counts is kept of a sender that is known.
func TestSenderIsKnownByAllItTells(t *testing.T) {
	in := everything()
	in.Plan.Kinds = [hit.Kinds]bool{hit.View: true}
	monday, tuesday := newTable(t, in.Plan).Key, newTable(t, in.Plan).Key
	base := raw{address: netip.MustParseAddr("198.51.100.7"), agent: firefox, language: "ja", path: "/"}
	with := func(change func(*raw)) raw { r := base; change(&r); return r }
	seen := map[sender]string{}
	for _, tt := range []struct {
		name string
		r    raw
		site hit.Site
		key  *visitors.Key
	}{
		{"the first", base, 0, monday},
		{"of another day", base, 0, tuesday},
		{"of another site", base, 1, monday},
		{"of another address", with(func(r *raw) { r.address = netip.MustParseAddr("198.51.100.8") }), 0, monday},
		{"of another agent", with(func(r *raw) { r.agent = firefox + " x" }), 0, monday},
		{"of another language", with(func(r *raw) { r.language = "en" }), 0, monday},
		{"with a brand", with(func(r *raw) { r.brands, r.agent = `"Opera";v="9"`, chrome }), 0, monday},
		{"of another brand", with(func(r *raw) { r.brands, r.agent = `"Brave";v="9"`, chrome }), 0, monday},
		{"of another platform", with(func(r *raw) { r.brands, r.platform, r.agent = `"Opera";v="9"`, hit.Windows, chrome }), 0, monday},
		{"that is mobile", with(func(r *raw) { r.brands, r.mobile, r.agent = `"Opera";v="9"`, true, chrome }), 0, monday},
	} {
		first, o := in.senderOf(tt.r, tt.site, tt.key, knownOf(in, tt.r, tt.site, tt.key))
		env, _ := in.environment(tt.r, agent.OfHints(tt.r.agent, tt.r.brands, tt.r.mobile, tt.r.platform))
		if o != Kept || first.visitor != tt.key.Visitor(tt.site, tt.r.address, tt.key.Agent(tt.r.agent)) ||
			first.network != tt.key.Network(tt.r.address) || first.env != env {
			t.Errorf("%s: sender = %+v, %s, not what it tells", tt.name, first, o.Word())
		}
		if again, o := in.senderOf(tt.r, tt.site, tt.key, knownOf(in, tt.r, tt.site, tt.key)); o != Kept || again != first {
			t.Errorf("%s: known as %+v, %s, want %+v", tt.name, again, o.Word(), first)
		}
		if before, ok := seen[first]; ok {
			t.Errorf("%s is the same as %s", tt.name, before)
		}
		seen[first] = tt.name
	}
	if _, o := in.senderOf(with(func(r *raw) { r.kind = hit.NotFound }), 0, monday, knownOf(in, with(func(r *raw) { r.kind = hit.NotFound }), 0, monday)); o != Undeclared {
		t.Errorf("a kind that nobody counts, of a known sender, is %s", o.Word())
	}
	if _, o := in.senderOf(with(func(r *raw) { r.address = netip.Addr{} }), 0, monday, knownOf(in, with(func(r *raw) { r.address = netip.Addr{} }), 0, monday)); o != NoAddress {
		t.Errorf("without an address a sender is %s", o.Word())
	}
}

// An objection is not remembered in any way, nor is a page that is loaded ahead. Seen
// to fail when the User-Agent is read before the objection.
func TestObjectionLeavesNoMemory(t *testing.T) {
	in := everything()
	key := newTable(t, in.Plan).Key
	r := raw{address: netip.MustParseAddr("198.51.100.7"), agent: firefox, language: "ja", referrer: "https://search.example/", path: "/guide/x"}
	for _, refuse := range []func(){func() { r.objection = true }, func() { r.objection, r.prefetch = false, true }} {
		refuse()
		if _, o := in.truncate(r, 0, now, key); o == Kept {
			t.Fatal("kept")
		}
		if _, ok := in.memory.programs.Find(in.programKey(r)); ok {
			t.Error("the User-Agent of who objects is remembered")
		}
		if _, ok := in.memory.agents.Find(in.memory.agents.Key(firefox, key.Number())); ok {
			t.Error("the mark of the User-Agent of who objects is remembered")
		}
	}
}

// A day's end ends what is remembered. Seen to fail for each memory that Forget
// leaves out.
func TestForget(t *testing.T) {
	in := everything()
	in.DataCentre = func(netip.Addr) bool { return true }
	key := newTable(t, in.Plan).Key
	r := raw{address: netip.MustParseAddr("198.51.100.7"), agent: firefox, language: "ja", referrer: "https://search.example/", path: "/guide/x"}
	if _, o := in.truncate(r, 0, now, key); o != Kept {
		t.Fatalf("outcome %q, want kept", o.Word())
	}
	agents := in.memory.agents.Key(firefox, key.Number())
	programs, languages := in.programKey(r), in.memory.languages.Key("ja", 0)
	pages, sources := in.memory.pages.Key("/guide/x", 0), in.memory.sources.Key("https://search.example", 0)
	address := r.address.As16()
	senders := in.memory.senders.Bytes(address[:], key.Number()).With(in.memory.senders.Key(firefox, 0)).With(in.memory.senders.Key("ja", 0))
	found := func() (n int) {
		_, e := in.memory.senders.Find(senders)
		_, g := in.memory.owners.Find(senders)
		_, a := in.memory.programs.Find(programs)
		_, b := in.memory.languages.Find(languages)
		_, c := in.memory.pages.Find(pages)
		_, d := in.memory.sources.Find(sources)
		_, f := in.memory.agents.Find(agents)
		for _, ok := range []bool{a, b, c, d, e, f, g} {
			if ok {
				n++
			}
		}
		return n
	}
	if n := found(); n != 7 {
		t.Fatalf("%d of 7 things are remembered", n)
	}
	in.Forget()
	if n := found(); n != 0 {
		t.Errorf("%d of 7 things are remembered on the next day", n)
	}
}

// What only scanners ask for, and what advertises itself as a referrer, is refused, from
// memory too and without an allocation; a page that is declared never is. Seen to fail when
// a page is asked about though it is declared, when the answer to the request makes no
// difference, when neither is remembered, and when nobody asks about spam.
func TestNoiseIsRefused(t *testing.T) {
	registry, _, _ := NewRegistry([]string{"/wp-login.php", "/.git/config"}, new(page.Rules))
	in := New([]Site{{}, {Pages: registry}, {Rules: page.Rules{Parameters: []string{"q"}}}})
	in.Plan, in.Zone = everything().Plan, time.UTC
	key := newTable(t, in.Plan).Key
	for _, tt := range []struct {
		name, path, referrer string
		kind                 hit.Kind
		site                 hit.Site
		want                 Outcome
	}{
		{"a page", "/guide", "", hit.View, 0, Kept},
		{"a page not found", "/guide", "", hit.NotFound, 0, Kept},
		{"a secret", "/.env", "", hit.View, 0, Scanner},
		{"a secret not found", "/x/.git/config?a=b", "", hit.NotFound, 0, Scanner},
		{"a secret of a site with parameters", "/.env?q=1", "", hit.View, 2, Scanner},
		{"a secret that is declared", "/.git/config", "", hit.View, 1, Kept},
		{"a door", "/wp-login.php", "", hit.View, 0, Kept},
		{"a door not found", "/wp-login.php?a", "", hit.NotFound, 0, Scanner},
		{"a door that is declared and not found", "/wp-login.php", "", hit.NotFound, 1, Kept},
		{"a referrer", "/guide", "https://search.example/x", hit.View, 0, Kept},
		{"a referrer of spam", "/guide", "https://1-99seo.com/x", hit.View, 0, Spam},
		{"a name of spam elsewhere", "/guide", "https://search.example/?1-99seo.com", hit.View, 0, Kept},
	} {
		r := raw{address: netip.MustParseAddr("198.51.100.7"), agent: firefox, path: tt.path, referrer: tt.referrer, kind: tt.kind}
		for range 2 {
			if s, o := in.truncate(r, tt.site, now, key); o != tt.want || o != Kept && s != (visitors.Sighting{}) {
				t.Errorf("%s is %s, with %+v, want %s", tt.name, o.Word(), s, tt.want.Word())
			}
		}
		if n := testing.AllocsPerRun(100, func() { in.truncate(r, tt.site, now, key) }); n != 0 {
			t.Errorf("%s allocates %.0f times once it is known, want 0", tt.name, n)
		}
	}
	path, origin := in.memory.pages.Key("/.env", 0), in.memory.sources.Key("https://1-99seo.com", 0)
	if l, ok := in.memory.pages.Find(path); !ok || !l.scanner {
		t.Error("it is not remembered that /.env is a scanner's")
	}
	if from, ok := in.memory.sources.Find(origin); !ok || !from.spam {
		t.Error("it is not remembered that a referrer is spam")
	}
}

// A common line cannot tell its User-Agent, so that it is not judged by it; one that
// tells none is a bot's. Seen to fail when the two are not told apart.
func TestCommonLines(t *testing.T) {
	in := everything()
	key := newTable(t, in.Plan).Key
	const common = `198.51.100.7 - - [01/Apr/2026:12:00:00 +0000] "GET /guide/kept HTTP/1.1" 200 1`
	for _, tt := range []struct {
		name, line string
		want       Outcome
	}{
		{"common", common, Kept},
		{"common with a virtual host", "a.example:80 " + common, Kept},
		{"combined", common + ` "-" "` + firefox + `"`, Kept},
		{"combined without a User-Agent", common + ` "-" "-"`, botOf(hit.OtherRobot)},
		{"combined with an empty User-Agent", common + ` "-" ""`, botOf(hit.OtherRobot)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var l Parsed
			at, found := Parse(nil, []byte(tt.line), &l, new(Clock))
			if found != Kept || at != now.Unix() {
				t.Fatalf("Parse finds %q and the time %d", found.Word(), at)
			}
			var s visitors.Sighting
			outcome := read(in, []byte(tt.line), &l, &s, key)
			if outcome != tt.want || outcome == Kept && s.Page.Path() != "/guide/kept" {
				t.Errorf("outcome %q of page %q, want %q", outcome.Word(), s.Page.Path(), tt.want.Word())
			}
		})
	}
}

// BenchmarkNewAgent is a User-Agent that was not met before today.
func BenchmarkNewAgent(b *testing.B) {
	in := everything()
	key, err := visitors.NewKey(rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	const head = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36 Edg/138.0."
	text := []byte(head + "00000000")
	n := 0
	for b.Loop() {
		n++
		for i, rest := len(text)-1, n; i >= len(head); i, rest = i-1, rest/10 {
			text[i] = byte('0' + rest%10)
		}
		in.programOf(raw{agent: view(text)})
		in.markOf(view(text), key)
	}
}

// knownOf returns what is known of a hit before it is looked for.
func knownOf(in *Intake, r raw, site hit.Site, key *visitors.Key) *known {
	return &known{sent: in.keyOf(r, site, key)}
}
