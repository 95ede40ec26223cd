package notice_test

import (
	"bytes"
	"html"
	"math/big"
	"regexp"
	"slices"
	"strings"
	"testing"

	"oboro/aggregator/statistic"
	"oboro/dashboards/i18n"
	"oboro/dashboards/notice"
)

var (
	number = regexp.MustCompile(`[0-9][0-9.,/]*`)
	single = i18n.For("ja").Measure(statistic.Singles) // its name has a number in one language
)

// shape returns what a line of Markdown is, and the numbers and addresses in it.
func shape(line string) string {
	kind := "paragraph"
	for _, begin := range []string{"# ", "- ", "|", "---", "<"} {
		if strings.HasPrefix(line, begin) {
			kind = begin
		}
	}
	numbers := number.FindAllString(strings.ReplaceAll(line, single, ""), -1)
	for i := range numbers {
		numbers[i] = strings.TrimRight(numbers[i], ".,/")
	}
	slices.Sort(numbers)
	return kind + " " + strings.Join(numbers, " ") + strings.Repeat(" cell", len(cells(line)))
}

// TestBothLanguagesTellTheSame holds that the notices have the same sections, lines, rows and
// cells, and the same numbers in each. Seen to fail when the exception of logs is told in ja
// alone, and when the flag lasts 40 days in en.
func TestBothLanguagesTellTheSame(t *testing.T) {
	for name, d := range map[string]notice.Declaration{"full": full(t), "bare": bare(), "usual": usual(t)} {
		ja, en := read(d, "ja"), read(d, "en")
		if len(ja.sections) != numbered || len(en.sections) != numbered {
			t.Fatalf("%s: %d sections in ja, %d in en, want %d", name, len(ja.sections), len(en.sections), numbered)
		}
		for i := range ja.sections {
			for j := range max(len(ja.sections[i]), len(en.sections[i])) {
				if j >= len(ja.sections[i]) || j >= len(en.sections[i]) {
					t.Errorf("%s: section %d has %d lines in ja and %d in en", name, i, len(ja.sections[i]), len(en.sections[i]))
					break
				}
				if a, b := ja.sections[i][j], en.sections[i][j]; shape(a) != shape(b) {
					t.Errorf("%s: these do not tell the same:\n%s\n%s", name, a, b)
				}
			}
		}
	}
}

// TestBothFormsTellTheSame holds that the page of HTML has the text of the Markdown, in its
// order. Seen to fail when the template leaves the caption of a table out.
func TestBothFormsTellTheSame(t *testing.T) {
	for _, lang := range notice.Languages {
		_, body, _ := strings.Cut(string(full(t).HTML(lang)), "<body>")
		page := strings.Join(strings.Fields(html.UnescapeString(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(body, " "))), " ")
		text := regexp.MustCompile(`(?m)^(\|-.*|---|#+ |- )|<(https:[^>]*)>`).ReplaceAllString(string(full(t).Markdown(lang)), "$2")
		text = strings.Join(strings.Fields(plain(regexp.MustCompile(`(?m)\| |\|$`).ReplaceAllString(text, ""))), " ")
		if page != text {
			was, is := notice.Apart(page, text)
			t.Errorf("%s: HTML tells %q, and Markdown %q", lang, was, is)
		}
	}
}

// hostile returns a declaration whose every text is of somebody who would take the page over.
func hostile(t *testing.T, text string) notice.Declaration {
	d := full(t)
	both := statistic.Text{JA: text, EN: text}
	d.Agency, d.Contact, d.Timezone = both, both, text
	for i := range d.Sites {
		d.Sites[i].Title, d.Sites[i].Parameters = both, []string{text}
	}
	for i, st := range d.Statistics {
		own := *st
		own.Title, own.Purpose = both, both
		d.Statistics[i] = &own
	}
	return d
}

var tag = regexp.MustCompile(`<[^>]*>`)

// TestTextOfTheOperatorIsText holds that no text becomes markup, of HTML or of Markdown: the
// notice has the form of one with harmless texts. Seen to fail when the purpose is given to the
// template as HTML, when rows of Markdown are not escaped, and without the cut at line ends.
func TestTextOfTheOperatorIsText(t *testing.T) {
	tags, lines := map[string][]string{}, map[string][]string{}
	for _, lang := range notice.Languages {
		harmless := hostile(t, "x")
		tags[lang], lines[lang] = tag.FindAllString(string(harmless.HTML(lang)), -1), strings.Split(string(harmless.Markdown(lang)), "\n")
	}
	for _, text := range []string{
		`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, "a | b | c", "a\n\n# b\n\n- c", "- a", "1. a", "# a", "\u202eabc",
		"[a](javascript:alert(1))", "![a](https://evil.example/)", "<https://evil.example/>", "**a** _b_ `c` ~~d~~", `a\`, "&lt;script&gt;", "a\r\n|b", "\x00\xff",
	} {
		d := hostile(t, text)
		for _, lang := range notice.Languages {
			page, markdown := string(d.HTML(lang)), string(d.Markdown(lang))
			if got := tag.FindAllString(page, -1); !slices.Equal(got, tags[lang]) {
				t.Errorf("%s: %q changes the page: %d tags, want %d", lang, text, len(got), len(tags[lang]))
			}
			got := strings.Split(markdown, "\n")
			if len(got) != len(lines[lang]) {
				t.Fatalf("%s: %q changes the Markdown: %d lines, want %d", lang, text, len(got), len(lines[lang]))
			}
			for i, line := range lines[lang] {
				if a, b := skeleton(got[i]), skeleton(line); a != b {
					t.Errorf("%s: %q changes the Markdown: %q has the markup %q, want %q", lang, text, got[i], a, b)
				}
			}
			if strings.ContainsAny(page+markdown, "\u202e\x00\r") {
				t.Errorf("%s: of %q a sign that nobody sees is left", lang, text)
			}
		}
	}
}

var (
	hidden  = regexp.MustCompile(`\\.`)
	opening = regexp.MustCompile(`^(- )?(#+ |[-+=] |\d+[.)] )?`)
	markup  = regexp.MustCompile("[|<>`*_\\[\\]~&]")
)

// skeleton returns the markup of a line of Markdown.
func skeleton(line string) string {
	line = hidden.ReplaceAllString(line, "")
	return opening.FindString(line) + strings.Join(markup.FindAllString(line, -1), "")
}

// TestSameDeclarationSameBytes holds that two notices of one declaration are the same, and that
// each names what it was made from: with another declaration, another name. Seen to fail when
// the hash is of the statistics' ids alone.
func TestSameDeclarationSameBytes(t *testing.T) {
	one, again := full(t), full(t)
	same := func(a, b notice.File) bool { return a.Name == b.Name && bytes.Equal(a.Text, b.Text) }
	if one.Hash() != again.Hash() || !slices.EqualFunc(one.Files(), again.Files(), same) {
		t.Error("one declaration gives two notices")
	}
	seen := map[string]string{}
	for name, change := range map[string]func(*notice.Declaration){
		"nothing": func(*notice.Declaration) {},
		"k":       func(d *notice.Declaration) { d.K++ },
		"contact": func(d *notice.Declaration) { d.Contact.EN += "." },
		"dnt":     func(d *notice.Declaration) { d.Sites[1].DNT = true },
		"purpose": func(d *notice.Declaration) {
			own := *d.Statistics[3]
			own.Purpose.JA += "。"
			d.Statistics[3] = &own
		},
		"noise": func(d *notice.Declaration) {
			own := *d.Statistics[0]
			own.Published = slices.Clone(own.Published)
			own.Published[0].Sigma2 = big.NewRat(496, 1)
			d.Statistics[0] = &own
		},
	} {
		d := full(t)
		change(&d)
		if other, ok := seen[d.Hash()]; ok {
			t.Errorf("%s and %s have the same hash", name, other)
		}
		seen[d.Hash()] = name
		for _, file := range d.Files() {
			if bytes.Count(file.Text, []byte(d.Hash())) != 1 {
				t.Errorf("%s with another %s does not name what it was made from", file.Name, name)
			}
		}
	}
}
