package notice

// Objection appends the page on which a visitor of the site objects, or takes that back.
// Site is an index of the declared sites, or beyond them where the page is reached by a
// host that is none of theirs. Flagged says that the flag has come, gpc that the browser
// objects by itself.
func (n *Notice) Objection(b []byte, l Lang, site int, flagged, gpc bool) []byte {
	b = begin(b, l, titleObjection)
	if site >= len(n.sites) {
		b = paragraph(b, elsewhere.In(l))
	} else {
		b = append(b, "<p><b>"...)
		b = HTML(b, n.sites[site].Title.In(l))
		b = append(b, "</b></p>\n"...)
		b = paragraph(b, leadObjection.In(l))
		b = form(b, l, flagged, gpc)
		b = paragraph(b, hostOnly.In(l))
	}
	return end(b, l, link{"transparency?lang=" + l.Code(), linkRequest}, link{".well-known/oboro.json", linkDeclaration})
}

// What the form sends.
const (
	Object   = "objection=1"
	TakeBack = "objection=0"
)

func form(b []byte, l Lang, flagged, gpc bool) []byte {
	state, value, button := isCounted, "1", buttonObject
	if flagged {
		state, value, button = isNotCounted, "0", buttonReturn
	}
	if gpc {
		state = objectsGPC
	}
	return append(b, "<p class=\"state\" role=\"status\">"+state.In(l)+"</p>\n<form method=\"post\" action=\"opt-out?lang="+l.Code()+
		"\"><button name=\"objection\" value=\""+value+"\">"+button.In(l)+"</button></form>\n"...)
}
