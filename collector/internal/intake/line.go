package intake

import (
	"bytes"
	"net/netip"
	"strings"
	"time"

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

// Dated returns the time of a line, of which Parse may still say that it is none of a
// log.
func Dated(line []byte, clock *Clock) (at int64, ok bool) {
	span, ok := logline.Dated(line)
	if !ok {
		return 0, false
	}
	return clock.Seconds(span.In(line))
}

// Line reads the hit that a line of an access log of site stands for, under the
// key of its day. l is what Parse has found in it.
func (in *Intake) Line(line []byte, l *Parsed, site hit.Site, at time.Time, key *visitors.Key) (visitors.Sighting, Outcome) {
	status := view(l.Status.In(line))
	kind := hit.View
	switch status {
	case "200", "304":
	case "404", "410":
		kind = hit.NotFound
	default:
		return visitors.Sighting{}, Status
	}
	switch {
	case view(l.Method.In(line)) != "GET":
		return visitors.Sighting{}, Method
	case logline.Asset(l.Target.In(line)):
		return visitors.Sighting{}, Asset
	}
	r := raw{
		named:    view(l.Address.In(line)),
		agent:    textOf(l.Agent, line),
		referrer: textOf(l.Referrer, line),
		path:     pathOf(textOf(l.Target, line)),
		kind:     kind,
		unsaid:   l.Common, // the format has no place for a User-Agent
	}
	return in.truncate(r, site, at, key)
}

// textOf returns a field, which is a view of line unless it holds escapes.
func textOf(s logline.Span, line []byte) string {
	if bytes.IndexByte(s.In(line), '\\') < 0 {
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
