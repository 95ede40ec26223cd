package bots

import (
	"bufio"
	"compress/gzip"
	"math/rand/v2"
	"os"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"testing"
)

// listed is what the list of isbot alone decides, without what is ours.
func listed(header string) bool {
	var room [longest]byte
	h := lower(room[:], header)
	return isbotAlone.in(h) || shaped(h)
}

var isbotAlone = newMatcher(isbot)

// An oracle is the list itself, in regular expressions: one for each pattern, since
// most are literals, which are found sooner than in one expression of all.
type oracle struct {
	plain []*regexp.Regexp
	some  []looking
}

// looking is a pattern with look-around: core counts where no text that ends in
// behind is before it, and none that begins with before is after it.
type looking struct{ behind, core, before *regexp.Regexp }

// around takes the patterns with look-around apart, by hand.
var around = map[string][3]string{
	`(?:^|[^g])news(?!sapphire)`:                                {`g`, `news`, `sapphire`},
	`(?<! channel/|google/)google(?!(?:wv|app|/google| pixel))`: {` channel/|google/`, `google`, `wv|app|/google| pixel`},
	`(?<! cu)bots?(?:\b|_)`:                                     {` cu`, `bots?(?:\b|_)`, ``},
	`(?<!cam)scan`:                                              {`cam`, `scan`, ``},
	`(?<!lib)http`:                                              {`lib`, `http`, ``},
	`java(?!;)`:                                                 {``, `java`, `;`},
}

// toGo rewrites what JavaScript and Go read otherwise: blanks, and a "-" in a class.
var toGo = strings.NewReplacer(`[\s/]`, `[\t-\r /]`, `\s`, `[\t-\r ]`, `[\w\d-.]`, `[\w\d.-]`)

func newOracle(t testing.TB) (oracle, []string) {
	t.Helper()
	list := lines(t, "testdata/isbot.txt")
	if len(list) < 200 {
		t.Fatalf("the list has only %d patterns", len(list))
	}
	var o oracle
	for _, p := range list {
		parts, looks := around[p]
		if !looks {
			o.plain = append(o.plain, regexp.MustCompile(toGo.Replace(p)))
			continue
		}
		l := looking{core: regexp.MustCompile(`^(?:` + parts[1] + `)`)}
		if parts[0] != "" {
			l.behind = regexp.MustCompile(`(?:` + parts[0] + `)$`)
		}
		if parts[2] != "" {
			l.before = regexp.MustCompile(`^(?:` + parts[2] + `)`)
		}
		o.some = append(o.some, l)
	}
	if len(o.some) != len(around) {
		t.Fatalf("the list has %d of the %d patterns with look-around", len(o.some), len(around))
	}
	return o, list
}

// says returns what the list decides on a header, as isbot does.
func (o oracle) says(header string) bool {
	header = strings.ToLower(header)
	for _, l := range o.some {
		for i := range header {
			found := l.core.FindStringIndex(header[i:])
			if found != nil && (l.behind == nil || !l.behind.MatchString(header[:i])) &&
				(l.before == nil || !l.before.MatchString(header[i+found[1]:])) {
				return true
			}
		}
	}
	return slices.ContainsFunc(o.plain, func(p *regexp.Regexp) bool { return p.MatchString(header) })
}

// lines returns the lines of a file of test data, without its head. A file of none
// is an error.
func lines(t testing.TB, name string) []string {
	t.Helper()
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	scanner := bufio.NewScanner(file)
	if strings.HasSuffix(name, ".gz") {
		unpacked, err := gzip.NewReader(file)
		if err != nil {
			t.Fatal(err)
		}
		scanner = bufio.NewScanner(unpacked)
	}
	var all []string
	for scanner.Scan() {
		all = append(all, scanner.Text())
	}
	if err := scanner.Err(); err != nil || len(all) < 2 || !strings.HasPrefix(all[0], "# ") {
		t.Fatalf("%s: %d lines, %v", name, len(all), err)
	}
	return all[1:]
}

// TestAgreesWithTheList holds that the table and the forms decide as the list does,
// on every header of the samples. Seen to fail when the edge of "agent" is left out
// of the table, when "loose" is read as "right", and when plain takes any version.
func TestAgreesWithTheList(t *testing.T) {
	o, _ := newOracle(t)
	samples := append(lines(t, "testdata/isbot-crawlers.txt.gz"), lines(t, "testdata/isbot-browsers.txt.gz")...)
	for _, line := range lines(t, "testdata/crawlers.txt.gz") {
		_, header, _ := strings.Cut(line, "\t")
		samples = append(samples, header)
	}
	if len(samples) < 3000 {
		t.Fatalf("only %d headers", len(samples))
	}
	for _, header := range samples {
		if got, want := listed(header), o.says(header); got != want && ascii(header) {
			t.Errorf("%q: the table says %v, the list %v", header, got, want)
		}
	}
}

// TestAgreesOnMadeHeaders holds the same of headers that are made from each pattern
// of the list, whole and damaged, so that each is tried whether a sample has it or
// not. Seen to fail with each of the forms of shape.go switched off, when hold passes
// over each of the edges, and with the exceptions of "java" left out.
func TestAgreesOnMadeHeaders(t *testing.T) {
	o, list := newOracle(t)
	random := rand.New(rand.NewPCG(1, 2))
	const other = "Mozilla/5.0 (X11; U) A/2"
	for _, p := range list {
		source := toGo.Replace(p)
		if parts, looks := around[p]; looks {
			source = "(?:" + parts[0] + ")?" + parts[1] + "(?:" + parts[2] + ")?"
		}
		tree, err := syntax.Parse(source, syntax.Perl)
		if err != nil {
			t.Fatal(err)
		}
		positive := 0
		for round := range 10 {
			text := made(tree, random)
			headers := []string{text, other + " " + text, text + other, other + text + "s", damaged(text, random), damaged(text+" "+other, random)}
			for i := range text {
				if round == 0 { // all its ends and beginnings
					headers = append(headers, other+" "+text[i:], other+" "+text[:i]+";")
				}
			}
			for _, header := range headers {
				got, want := listed(header), o.says(header)
				if want {
					positive++
				}
				if got != want && ascii(header) {
					t.Errorf("%s: of %q the table says %v, the list %v", p, header, got, want)
				}
			}
		}
		if positive == 0 {
			t.Errorf("%s: no header was made that the list knows", p)
		}
	}
}

// made returns a text that the expression matches, by chance.
func made(e *syntax.Regexp, random *rand.Rand) string {
	repeat := func(low, high int) string {
		var b strings.Builder
		for range low + random.IntN(high-low+1) {
			b.WriteString(made(e.Sub[0], random))
		}
		return b.String()
	}
	switch e.Op {
	case syntax.OpLiteral:
		return string(e.Rune)
	case syntax.OpCharClass:
		for {
			i := random.IntN(len(e.Rune)/2) * 2
			low, high := e.Rune[i], min(e.Rune[i+1], '~')
			if low <= high {
				return string(low + rune(random.IntN(int(high-low)+1)))
			}
		}
	case syntax.OpCapture:
		return made(e.Sub[0], random)
	case syntax.OpStar:
		return repeat(0, 3)
	case syntax.OpPlus:
		return repeat(1, 4)
	case syntax.OpQuest:
		return repeat(0, 1)
	case syntax.OpRepeat:
		return repeat(e.Min, e.Min+12)
	case syntax.OpConcat:
		var b strings.Builder
		for _, sub := range e.Sub {
			b.WriteString(made(sub, random))
		}
		return b.String()
	case syntax.OpAlternate:
		return made(e.Sub[random.IntN(len(e.Sub))], random)
	}
	return "" // edges
}

// damaged returns the text with one byte put in, taken out or changed.
func damaged(text string, random *rand.Rand) string {
	const signs = "aZ9_-. /;(:)@|,\t%s"
	i, sign := random.IntN(len(text)+1), random.IntN(len(signs))
	switch {
	case i == len(text) || random.IntN(3) == 0:
		return text[:i] + signs[sign:sign+1] + text[i:]
	case random.IntN(2) == 0:
		return text[:i] + text[i+1:]
	}
	return text[:i] + signs[sign:sign+1] + text[i+1:]
}

// ascii reports whether both sides read the same text: the list counts what the
// table takes for bytes, and goes on where the table ends.
func ascii(header string) bool {
	for i := range len(header) {
		if header[i] >= 0x80 {
			return false
		}
	}
	return len(header) <= longest
}

// FuzzAgreesWithTheList holds the same of any header.
func FuzzAgreesWithTheList(f *testing.F) {
	o, list := newOracle(f)
	for _, p := range list {
		f.Add(p)
	}
	for _, header := range lines(f, "testdata/isbot-crawlers.txt.gz")[:200] {
		f.Add(header)
	}
	f.Fuzz(func(t *testing.T, header string) {
		if !ascii(header) {
			t.Skip()
		}
		if got, want := listed(header), o.says(header); got != want {
			t.Errorf("%q: the table says %v, the list %v", header, got, want)
		}
	})
}
