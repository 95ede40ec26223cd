package notice

import (
	"bytes"
	_ "embed"
	"html/template"
	"regexp"
	"strings"
	"unicode"
)

// A document is a notice in one language, before it has a form. Both forms are written
// from it, so that they tell the same.
type document struct {
	Lang, Title string
	Lead        []part
	Sections    []section
	End         []string // the last one names what the notice was made of
}

type section struct {
	Title string
	Parts []part
}

// A part is a paragraph, a list or a table.
type part struct {
	Paragraph line
	List      []line
	Table     *table
}

// A line is a text, and an address to which it leads, if any.
type line struct{ Text, Href string }

// A table has a head for each column, and a row's first cell is its head.
type table struct {
	Caption string
	Columns []string
	Rows    [][]string
}

func paragraph(text string) part { return part{Paragraph: line{Text: clean(text)}} }

func leading(text, href string) part { return part{Paragraph: line{clean(text), href}} }

func list(texts ...string) part {
	var p part
	for _, text := range texts {
		p.List = append(p.List, line{Text: clean(text)})
	}
	return p
}

// row appends a row.
func (t *table) row(cells ...string) {
	for i, cell := range cells {
		cells[i] = clean(cell)
	}
	t.Rows = append(t.Rows, cells)
}

// clean returns text on one line, without signs that nobody sees or that turn its direction.
func clean(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) || unicode.IsControl(r) && !unicode.IsSpace(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
	return strings.Join(strings.Fields(text), " ")
}

//go:embed page.tmpl
var pageText string

var page = template.Must(template.New("page").Parse(pageText))

// html writes the document as a page. The template escapes all that it is given.
func (d document) html() []byte {
	var b bytes.Buffer
	if err := page.Execute(&b, d); err != nil {
		panic("notice: the template and the document do not go together") // tests write every part
	}
	return b.Bytes()
}

// markdown writes the document as Markdown with tables, as CommonMark and GitHub read it.
func (d document) markdown() []byte {
	var b strings.Builder
	b.WriteString("# " + escaped(d.Title) + "\n\n")
	for _, p := range d.Lead {
		p.markdown(&b)
	}
	for _, s := range d.Sections {
		b.WriteString("## " + escaped(s.Title) + "\n\n")
		for _, p := range s.Parts {
			p.markdown(&b)
		}
	}
	b.WriteString("---\n\n")
	for i, text := range d.End {
		if i > 0 {
			b.WriteString("\n")
		}
		b.WriteString(escaped(text) + "\n")
	}
	return []byte(b.String())
}

func (p part) markdown(b *strings.Builder) {
	switch {
	case p.Table != nil:
		p.Table.markdown(b)
	case p.List != nil:
		for _, l := range p.List {
			b.WriteString("- " + l.markdown() + "\n")
		}
	default:
		b.WriteString(p.Paragraph.markdown() + "\n")
	}
	b.WriteString("\n")
}

func (l line) markdown() string {
	if l.Href == "" {
		return begun(l.Text)
	}
	return begun(l.Text) + " <" + l.Href + ">"
}

func (t *table) markdown(b *strings.Builder) {
	b.WriteString(escaped(t.Caption) + "\n\n")
	writeRow(b, t.Columns)
	b.WriteString("|" + strings.Repeat("---|", len(t.Columns)) + "\n")
	for _, cells := range t.Rows {
		writeRow(b, cells)
	}
}

func writeRow(b *strings.Builder, cells []string) {
	for _, cell := range cells {
		b.WriteString("| " + escaped(cell) + " ")
	}
	b.WriteString("|\n")
}

var (
	markup = regexp.MustCompile("[\\\\`*_\\[\\]<>|&~]")
	// opening is what makes a list, a heading or a rule where a line begins with it.
	opening = regexp.MustCompile(`^(?:[-+=#]|\d+[.)])`)
)

// escaped returns text as Markdown shows it, with what would be markup behind a backslash.
func escaped(text string) string {
	return markup.ReplaceAllString(text, `\$0`)
}

// begun is escaped for text with which a line begins.
func begun(text string) string {
	return opening.ReplaceAllStringFunc(escaped(text), func(s string) string { return s[:len(s)-1] + `\` + s[len(s)-1:] })
}
