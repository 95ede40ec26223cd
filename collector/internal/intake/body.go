package intake

import "oboro/collector/hit"

// body holds the fields of a hit that are used. Its strings are views of the
// request's buffer, or copies where the JSON had escapes.
type body struct {
	url, referrer, event string
	status               int
	seconds              uint16 // 0 where there are none that count
	viewport             hit.Viewport
	media                hit.Media
}

// parseBody reads a JSON object. Unknown fields are checked and passed over; a
// known field of a wrong type, and anything that is not valid JSON, is refused.
// It is strict where encoding/json is, except that a field named twice counts
// with its last value whatever its case.
func parseBody(data []byte) (body, bool) {
	s := scanner{data: data}
	var b body
	s.space()
	if !s.take('{') {
		return body{}, false
	}
	s.space()
	if s.take('}') {
		return b, s.atEnd()
	}
	for {
		s.space()
		name, ok := s.name()
		if !ok {
			return body{}, false
		}
		s.space()
		if !s.field(name, &b) {
			return body{}, false
		}
		s.space()
		if s.take('}') {
			return b, s.atEnd()
		}
		if !s.take(',') {
			return body{}, false
		}
	}
}

// field reads the value of one member into b.
func (s *scanner) field(name string, b *body) bool {
	switch name {
	case "u":
		return s.textInto(&b.url)
	case "r":
		return s.textInto(&b.referrer)
	case "e":
		return s.textInto(&b.event)
	case "st":
		from := s.at
		if !s.number() {
			return false
		}
		b.status = small(s.data[from:s.at])
		return true
	case "s": // of whatever form: events that need none do not mind
		from := s.at
		ok := s.value(0)
		b.seconds = seconds(s.data[from:s.at])
		return ok
	case "w": // as s is
		from := s.at
		ok := s.value(0)
		b.viewport = hit.ViewportOf(whole(s.data[from:s.at], hit.MostWidth+1))
		return ok
	case "m":
		return s.mediaInto(&b.media)
	}
	return s.value(0)
}

func (s *scanner) textInto(to *string) (ok bool) {
	*to, ok = s.text()
	return ok
}

// mediaInto reads the letters of a text. A value of another form says nothing: how a
// page is displayed is never a reason to refuse its view.
func (s *scanner) mediaInto(to *hit.Media) bool {
	*to = 0
	if s.at >= len(s.data) || s.data[s.at] != '"' {
		return s.value(0)
	}
	letters, ok := s.text()
	*to = hit.MediaOf(letters)
	return ok
}

// small returns a whole number of at most four digits, or 0.
func small(digits []byte) int {
	n := 0
	for _, d := range digits {
		if d < '0' || d > '9' || n > 999 {
			return 0
		}
		n = n*10 + int(d-'0')
	}
	return n
}

// seconds returns a whole number, or hit.MostSeconds if that is less. What is not
// written as one, with digits alone, is 0.
func seconds(digits []byte) uint16 { return uint16(whole(digits, hit.MostSeconds)) }

// whole returns a whole number written with digits alone, or most if that is less; of
// anything else 0.
func whole(digits []byte, most int) int {
	n := 0
	for _, d := range digits {
		if d < '0' || d > '9' {
			return 0
		}
		n = min(n*10+int(d-'0'), most)
	}
	return n
}
