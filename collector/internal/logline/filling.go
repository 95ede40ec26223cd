package logline

import "bytes"

// A filling puts the fields of one line into a Line, whatever reader finds them.
type filling struct {
	cursor
	l     *Line
	ranks [fields]uint8 // of what was put; 0 is nothing yet
	said  bool          // the format has a place for a User-Agent
}

// put puts a stretch where it belongs, unless a better one is there.
func (f *filling) put(from source, s Span) {
	f.said = f.said || from.of == theAgent
	if from.of == theAsked && f.ranks[theAsked] == 0 {
		f.ranks[theAsked] = 1 // there is a place for it; what stands there may be no request
	}
	if from.of != theStatus {
		s = f.dashed(s)
	}
	if from.of == theNothing || s == (Span{}) || from.rank <= f.ranks[from.of] {
		return
	}
	switch from.of {
	case thePeer:
		from.of, s = theAddress, f.portless(s)
	case theAsked:
		f.asked(s, from.rank)
		return
	case thePath:
		from.of = theTarget
	case theQuery:
		if f.line[s.From] == '?' { // as Apache writes it
			s.From++
		}
	}
	if from.rank <= f.ranks[from.of] {
		return
	}
	f.ranks[from.of] = from.rank
	*f.at(from.of) = s
}

// at returns the part of the line that a field is.
func (f *filling) at(of field) *Span {
	l := f.l
	switch of {
	case theHost:
		return &l.Host
	case theAddress:
		return &l.Address
	case theClock:
		return &l.Time
	case theDate:
		return &l.Date
	case theMethod:
		return &l.Method
	case theTarget:
		return &l.Target
	case theQuery:
		return &l.Query
	case theStatus:
		return &l.Status
	case theReferrer:
		return &l.Referrer
	case theAgent:
		return &l.Agent
	case theForwarded:
		return &l.Forwarded
	}
	return &l.Type
}

// asked takes a request apart. One that begins with a slash is a target alone.
func (f *filling) asked(s Span, rank uint8) {
	if f.line[s.From] == '/' {
		f.put(source{thePath, 1}, s)
		return
	}
	var both Line
	f.request(s, &both)
	f.put(source{theMethod, rank}, both.Method)
	f.put(source{theTarget, rank}, both.Target)
}

// portless returns an address without the port behind it, and without brackets.
func (f *filling) portless(s Span) Span {
	b := s.In(f.line)
	if i := bytes.LastIndexByte(b, ':'); i > 0 {
		s.To = s.From + uint32(i)
		b = b[:i]
	}
	if len(b) > 2 && b[0] == '[' && b[len(b)-1] == ']' {
		s.From++
		s.To--
	}
	return s
}

// whole completes the line, and reports whether it has what each line must have.
func (f *filling) whole() bool {
	l := f.l
	if f.ranks[theTarget] > 1 { // it holds the query
		l.Query = Span{}
	}
	if l.Time == (Span{}) {
		l.Time, l.Date = l.Date, Span{}
	}
	l.Common = !f.said
	if l.Method == (Span{}) || l.Target == (Span{}) {
		l.Method, l.Target, l.Query = Span{}, Span{}, Span{}
	}
	l.locate(f.line)
	return l.Time != (Span{}) && l.Address != (Span{}) && isStatus(l.Status.In(f.line)) &&
		(l.Target != (Span{}) || f.ranks[theAsked] > 0)
}

// isStatus reports whether b may be a status: a number of at most three digits, or - or
// -1 where there was no answer.
func isStatus(b []byte) bool {
	return string(b) == "-" || string(b) == "-1" || len(b) > 0 && len(b) <= 3 && number(b) >= 0
}
