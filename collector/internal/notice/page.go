package notice

import "oboro/collector/hit"

// A Detail is something that would be kept of a field: the code of a vocabulary, or a host.
type Detail struct {
	By    hit.Dimension
	Value string
}

// begin appends the head of a page, up to its title. Addresses are relative, since a proxy
// may have put them under a path of its own.
func begin(b []byte, l Lang, title word) []byte {
	other := EN
	if l == EN {
		other = JA
	}
	b = append(b, "<!DOCTYPE html>\n<html lang=\""+l.Code()+"\"><head><meta charset=\"utf-8\">"+
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><meta name=\"robots\" content=\"noindex\"><title>"...)
	b = append(b, title.In(l)...)
	b = append(b, "</title><link rel=\"stylesheet\" href=\"oboro.css\"></head>\n<body><header><p>"+product.In(l)+"</p><p><a href=\"?lang="+other.Code()+
		"\" lang=\""+other.Code()+"\" hreflang=\""+other.Code()+"\">"+otherLanguage.In(l)+"</a></p></header>\n<main><h1>"...)
	b = append(b, title.In(l)...)
	return append(b, "</h1>\n"...)
}

// A link leads to a related page.
type link struct {
	to   string // behind which stands the language
	text word
}

func end(b []byte, l Lang, links ...link) []byte {
	b = append(b, "</main>\n<footer><nav aria-label=\""+linksName.In(l)+"\"><ul>"...)
	for _, k := range links {
		b = append(b, "<li><a href=\""+k.to+"\">"+k.text.In(l)+"</a></li>"...)
	}
	return append(b, "</ul></nav></footer></body></html>\n"...)
}

func paragraph(b []byte, text string) []byte {
	b = append(b, "<p>"...)
	b = append(b, text...)
	return append(b, "</p>\n"...)
}

// heads appends the head of a table with a caption.
func heads(b []byte, l Lang, caption word, columns ...word) []byte {
	b = append(b, "<table><caption>"+caption.In(l)+"</caption><thead><tr>"...)
	for _, c := range columns {
		b = append(b, "<th scope=\"col\">"+c.In(l)+"</th>"...)
	}
	return append(b, "</tr></thead><tbody>\n"...)
}

const tableEnd = "</tbody></table>\n"
