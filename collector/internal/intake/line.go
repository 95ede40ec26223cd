package intake

import (
	"net/netip"
	"strings"
	"time"

	"oboro/collector/hit"
	"oboro/collector/internal/logline"
	"oboro/collector/internal/page"
	"oboro/collector/internal/visitors"
)

// When returns the time of a log line, for reading ahead.
func When(line []byte) (time.Time, bool) {
	l, ok := logline.Parse(line)
	if !ok {
		return time.Time{}, false
	}
	return logline.Time(l.Time.In(line))
}

// Line reads the hit that a line of an access log of site stands for, under the
// key of its day.
func (in *Intake) Line(line []byte, site hit.Site, at time.Time, key *visitors.Key) (visitors.Sighting, Outcome) {
	l, ok := logline.Parse(line)
	if !ok {
		return visitors.Sighting{}, BadLine
	}
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
		address:  addressOf(view(l.Address.In(line))),
		agent:    l.Agent.Text(line),
		referrer: l.Referrer.Text(line),
		path:     pathOf(l.Target.Text(line)),
		kind:     kind,
	}
	return in.truncate(r, site, at, key)
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
