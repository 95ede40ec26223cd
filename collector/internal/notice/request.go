package notice

import "oboro/collector/hit"

// Begin appends what comes before the fields of a request: what would become of a view,
// by the word of its outcome.
func (n *Notice) Begin(b []byte, f Form, outcome string) []byte {
	if f.JSON {
		return append(b, `{"outcome":"`+outcome+`","received":[`...)
	}
	b = begin(b, f.Lang, titleRequest)
	b = paragraph(b, leadRequest.In(f.Lang))
	b = append(b, "<p class=\"state\">"...)
	b = append(b, said[outcome].In(f.Lang)...)
	b = append(b, "</p>\n"...)
	return heads(b, f.Lang, headFields, columnField, columnArrived, columnKept)
}

// A Fate is what becomes of a field.
type Fate uint8

// The fates.
const (
	Thrown     Fate = iota // but for its details, if any
	Recognised             // a keyed hash is made of it too
	Objects
	ObjectsAt // at some sites
	Searched  // looked at for the flag
	Read      // looked at, and thrown away
	Dated     // the day is kept
	Paired    // read together with the User-Agent, beside which stands what would be kept
)

// The names of the fields that are not of the headers.
const (
	Time    = "time"
	Address = "address"
	Target  = "target"
)

var fields = map[string]word{Time: fieldTime, Address: fieldAddress, Target: fieldTarget}

// Field appends a field of the request: its name and value as they came, and what would
// be kept of it.
func (n *Notice) Field(b []byte, f Form, name, value string, fate Fate, kept []Detail) []byte {
	if f.JSON {
		return n.member(b, name, value, fate, kept)
	}
	b = append(b, "<tr><th scope=\"row\">"...)
	if own, ok := fields[name]; ok {
		b = append(b, own.In(f.Lang)...)
	} else {
		b = HTML(b, name)
	}
	b = append(b, "</th><td><code>"...)
	b = HTML(b, value)
	b = append(b, "</code></td><td>"...)
	b = n.fate(b, f.Lang, fate, len(kept) > 0)
	if n.reverse && name == Address && fate == Recognised {
		b = paragraph(b, reverseAddress.In(f.Lang))
	}
	for _, d := range kept {
		b = append(b, "<p>"+named[d.By].In(f.Lang)+" "...)
		if name, ok := n.names[d.By][d.Value]; ok {
			b = append(HTML(b, name.In(f.Lang)), ' ')
		}
		b = append(b, "<code>"...)
		b = HTML(b, d.Value)
		b = append(b, "</code></p>"...)
		b = n.usesOf(b, f.Lang, d.By)
	}
	return append(b, "</td></tr>\n"...)
}

// fate appends what becomes of a field, its details aside.
func (n *Notice) fate(b []byte, l Lang, fate Fate, kept bool) []byte {
	switch {
	case fate == ObjectsAt && n.dnt[l] != "":
		return append(b, "<p>"+objectsAt.In(l)+"</p><ul>"+n.dnt[l]+"</ul>"...)
	case fate == ObjectsAt, fate == Thrown && !kept:
		return paragraph(b, thrown.In(l))
	case fate == Thrown:
		return b
	}
	return paragraph(b, becomes[fate].In(l))
}

// usesOf appends what counts by a dimension, and for what.
func (n *Notice) usesOf(b []byte, l Lang, by hit.Dimension) []byte {
	if n.uses[by][l] == "" {
		return b
	}
	b = append(b, "<ul>"...)
	b = append(b, n.uses[by][l]...)
	return append(b, "</ul>"...)
}

// fates are the words of JSON.
var fates = [...]string{"thrown-away", "keyed-hash-of-the-day", "objection", "objection-at-some-sites", "looked-at-for-the-flag", "looked-at", "day-kept", "read-with-user-agent"}

func (n *Notice) member(b []byte, name, value string, fate Fate, kept []Detail) []byte {
	if b[len(b)-1] == '}' {
		b = append(b, ',')
	}
	b = append(b, `{"field":"`...)
	b = JSON(b, name)
	b = append(b, `","value":"`...)
	b = JSON(b, value)
	b = append(b, `","fate":"`+fates[fate]+`","kept":[`...)
	for i, d := range kept {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, `{"detail":"`+d.By.String()+`","value":"`...)
		b = JSON(b, d.Value)
		b = append(b, `","statistics":`+n.ids[d.By]+`}`...)
	}
	return append(b, `]}`...)
}

// End appends what comes behind the fields: what the script tells besides, and the
// declaration.
func (n *Notice) End(b []byte, f Form) []byte {
	if f.JSON {
		return append(b, `],"declaration":`+n.json+"}\n"...)
	}
	l := f.Lang
	b = append(b, tableEnd...)
	b = paragraph(append(b, "<h2>"+headTold.In(l)+"</h2>\n"...), leadTold.In(l))
	b = append(b, "<dl>"...)
	for _, t := range told {
		b = append(b, "<dt><code>"+t.field+"</code></dt><dd><p>"+t.what.In(l)+"</p>"...)
		for _, by := range t.by {
			b = n.usesOf(b, l, by)
		}
		b = append(b, "</dd>\n"...)
	}
	b = append(b, "</dl>\n<h2>"+headCounted.In(l)+"</h2>\n"...)
	if n.statistics[l] == "" {
		b = paragraph(b, noStatistics.In(l))
	} else {
		b = heads(b, l, headCounted, columnName, columnPurpose, columnFor, columnAudience)
		b = append(b, n.statistics[l]...)
		b = append(b, tableEnd...)
	}
	return end(b, l, link{"?format=json", linkJSON}, link{"opt-out?lang=" + l.Code(), linkObjection}, link{".well-known/oboro.json", linkDeclaration})
}
