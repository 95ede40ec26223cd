package intake

import (
	"net"
	"net/netip"
	"strings"
	"time"
	"unsafe"

	"github.com/valyala/fasthttp"

	"oboro/collector/hit"
	"oboro/collector/internal/agent"
	"oboro/collector/internal/page"
	"oboro/collector/internal/visitors"
)

// MaxBody is the largest body of a hit, in bytes.
const MaxBody = 8 << 10

// Body reads the hit of POST /hit. The site is 0 where the outcome is reached
// before the site is known; known says which.
func (in *Intake) Body(ctx *fasthttp.RequestCtx, at time.Time, key *visitors.Key) (visitors.Sighting, hit.Site, Outcome) {
	b, ok := parseBody(ctx.PostBody())
	if !ok {
		return visitors.Sighting{}, NoSite, BadBody
	}
	h := in.headOf(ctx)
	return in.report(&h, &b, at, key)
}

// Pixel reads the hit of GET /hit.gif, whose query holds the fields of the body.
func (in *Intake) Pixel(ctx *fasthttp.RequestCtx, at time.Time, key *visitors.Key) (visitors.Sighting, hit.Site, Outcome) {
	args := ctx.QueryArgs()
	b := body{url: view(args.Peek("u")), referrer: view(args.Peek("r")), event: view(args.Peek("e"))}
	b.status, _ = args.GetUint("st")
	b.seconds = seconds(args.Peek("s"))
	if b.url == "" { // without script a page cannot tell its address; the browser does
		b.url = view(ctx.Request.Header.Peek(fasthttp.HeaderReferer))
		b.referrer = ""
	}
	h := in.headOf(ctx)
	return in.report(&h, &b, at, key)
}

// NoSite stands for a site that could not be told.
const NoSite = ^hit.Site(0)

// Plain reads the hit of POST /hit from what one read of a connection gave. Where that is
// not one whole request, written as browsers and proxies write theirs, the outcome is
// Foreign: fasthttp is to read it.
func (in *Intake) Plain(conn net.Conn, request []byte, at time.Time, key *visitors.Key) (visitors.Sighting, hit.Site, Outcome) {
	h, text, ok := parsePlain(request)
	peer, tcp := conn.RemoteAddr().(*net.TCPAddr)
	if !ok || !tcp {
		return visitors.Sighting{}, NoSite, Foreign
	}
	b, ok := parseBody(text)
	if !ok {
		return visitors.Sighting{}, NoSite, BadBody
	}
	if address, ok := netip.AddrFromSlice(peer.IP); ok {
		h.address = client(address, h.forwarded, in.Trusted)
	}
	return in.report(&h, &b, at, key)
}

func (in *Intake) report(h *head, b *body, at time.Time, key *visitors.Key) (visitors.Sighting, hit.Site, Outcome) {
	host, path, ok := page.Split(b.url)
	if !ok {
		return visitors.Sighting{}, NoSite, BadURL
	}
	site, ok := in.byHost[host]
	if !ok {
		return visitors.Sighting{}, NoSite, UnknownSite
	}
	kind, outcome := b.kind()
	if outcome != Kept {
		return visitors.Sighting{}, site, outcome
	}
	in.overlook(h)
	r := raw{
		address: h.address, agent: h.agent, brands: h.brands, mobile: h.mobile, platform: agent.Platform(h.platform),
		language: h.language, referrer: b.referrer, path: path,
		kind: kind, seconds: b.seconds, objection: h.gpc || h.flag || h.dnt && in.sites[site].DNT, prefetch: h.prefetch,
	}
	if kind != hit.Engaged {
		r.viewport, r.media = b.viewport, b.media
	}
	// An objection touches no bound: it adds one to its meter, and nothing else.
	if !r.objection && !in.Rate.Allows(r.address, at) {
		return visitors.Sighting{}, site, Rate
	}
	s, outcome := in.truncate(r, site, at, key)
	return s, site, outcome
}

// overlook leaves out of a head what no statistic that is counted needs.
func (in *Intake) overlook(h *head) {
	if in.Plan.Computes&ofAgent == 0 {
		h.brands, h.mobile, h.platform = "", false, ""
	}
}

// kind returns the kind of hit that a body reports, or why it reports none.
func (b *body) kind() (hit.Kind, Outcome) {
	kind := kindOf(b.status)
	switch b.event {
	case "", "view":
		return kind, Kept
	case "objection":
		return 0, Objection
	case "engaged":
		switch {
		case b.seconds == 0:
			return 0, BadEvent
		case kind == hit.NotFound: // there was no page to read
			return 0, Undeclared
		}
		return hit.Engaged, Kept
	}
	return 0, BadEvent
}

// clientOf returns the address of the visitor behind the declared proxies. Where
// both headers are there, a proxy has set one and passed on the other, which then
// holds what the visitor likes: they must agree, else there is no address.
func (in *Intake) clientOf(ctx *fasthttp.RequestCtx) netip.Addr {
	peer, ok := netip.AddrFromSlice(ctx.RemoteIP())
	if !ok {
		return netip.Addr{}
	}
	head := &ctx.Request.Header
	named := joined(head.PeekAll(fasthttp.HeaderXForwardedFor))
	standard := joined(head.PeekAll(fasthttp.HeaderForwarded))
	switch {
	case standard == "":
		return client(peer, named, in.Trusted)
	case named == "":
		return client(peer, standard, in.Trusted)
	}
	address := client(peer, named, in.Trusted)
	if address != client(peer, standard, in.Trusted) {
		return netip.Addr{}
	}
	return address
}

// joined returns the values of a header that may stand several times as one list.
func joined(values [][]byte) string {
	switch len(values) {
	case 0:
		return ""
	case 1:
		return view(values[0])
	}
	parts := make([]string, len(values))
	for i, v := range values {
		parts[i] = view(v)
	}
	return strings.Join(parts, ",")
}

func kindOf(status int) hit.Kind {
	if status == 404 || status == 410 {
		return hit.NotFound
	}
	return hit.View
}

// Length returns how many bytes a request with a body of a stated length, or without one,
// took on its connection, where its first line ended as it should.
func Length(ctx *fasthttp.RequestCtx) int {
	head := &ctx.Request.Header
	line := len(head.Method()) + 1 + len(head.RequestURI()) + 1 + len(head.Protocol()) + 2
	return line + len(head.RawHeaders()) + len(ctx.PostBody())
}

// view returns b as a string without copying. It is valid as long as the buffer
// of the request is, so nothing may keep it: pages and hosts are copied when they
// are made, all else becomes codes.
func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
