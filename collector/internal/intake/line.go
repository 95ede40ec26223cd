package intake

import (
	"bytes"
	"net/netip"
	"strings"

	"oboro/collector/hit"
	"oboro/collector/internal/logline"
	"oboro/collector/internal/page"
	"oboro/collector/internal/visitors"
)

// A Parsed line says where the fields of a log line are. It holds nothing of it.
type Parsed = logline.Line

// A Clock reads the times of lines.
type Clock = logline.Clock

// Parse finds the fields of a log line and its time, in seconds since 1970.
func Parse(line []byte, into *Parsed, clock *Clock) (at int64, ok bool) {
	if !into.Read(line) {
		return 0, false
	}
	return clock.Seconds(into.Time.In(line))
}

// Line reads the hit that a line of an access log stands for into s, under the
// key of its day. l is what Parse has found in it; time and site are in s already. What
// s holds means something only where the outcome is Kept.
func (in *Intake) Line(line []byte, l *Parsed, s *visitors.Sighting, key *visitors.Key) Outcome {
	s.Kind = hit.View
	switch view(l.Status.In(line)) {
	case "200", "304":
	case "404", "410":
		s.Kind = hit.NotFound
	default:
		return Status
	}
	switch {
	case view(l.Method.In(line)) != "GET":
		return Method
	case l.Asset(line):
		return Asset
	}
	escaped := bytes.IndexByte(line[l.Target.From:], '\\') >= 0
	return in.fill(s, raw{
		named:    view(l.Address.In(line)),
		agent:    textOf(l.Agent, line, escaped),
		referrer: textOf(l.Referrer, line, escaped),
		path:     pathOf(textOf(l.Target, line, escaped)),
		kind:     s.Kind,
		unsaid:   l.Common, // the format has no place for a User-Agent
	}, key)
}

// textOf returns a field, which is a view of line unless it may hold escapes.
func textOf(s logline.Span, line []byte, escaped bool) string {
	if !escaped {
		return view(s.In(line))
	}
	return s.Text(line)
}

// addressOf reads the first field of a line. A host name in place of an address
// cannot be told from others of its network: no address.
func addressOf(field string) netip.Addr {
	address, err := netip.ParseAddr(field)
	if err != nil { // it quotes the field: not passed on
		return netip.Addr{}
	}
	return address.WithZone("").Unmap()
}

// pathOf returns the path of a request target, which a proxy's client writes as a
// whole URL.
func pathOf(target string) string {
	if strings.HasPrefix(target, "/") {
		return target
	}
	_, path, ok := page.Split(target)
	if !ok {
		return target // no page: refused as such
	}
	return path
}
