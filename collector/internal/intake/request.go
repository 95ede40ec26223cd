package intake

import (
	"net/netip"
	"strings"
	"time"
	"unsafe"

	"github.com/valyala/fasthttp"

	"oboro/collector/hit"
	"oboro/collector/internal/bots"
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
	return in.report(ctx, b, at, key)
}

// Pixel reads the hit of GET /hit.gif, whose query holds the fields of the body.
func (in *Intake) Pixel(ctx *fasthttp.RequestCtx, at time.Time, key *visitors.Key) (visitors.Sighting, hit.Site, Outcome) {
	args := ctx.QueryArgs()
	b := body{url: view(args.Peek("u")), referrer: view(args.Peek("r")), event: view(args.Peek("e"))}
	b.status, _ = args.GetUint("st")
	if b.url == "" { // without script a page cannot tell its address; the browser does
		b.url = view(ctx.Request.Header.Peek(fasthttp.HeaderReferer))
		b.referrer = ""
	}
	return in.report(ctx, b, at, key)
}

// NoSite stands for a site that could not be told.
const NoSite = ^hit.Site(0)

func (in *Intake) report(ctx *fasthttp.RequestCtx, b body, at time.Time, key *visitors.Key) (visitors.Sighting, hit.Site, Outcome) {
	host, path, ok := page.Split(b.url)
	if !ok {
		return visitors.Sighting{}, NoSite, BadURL
	}
	site, ok := in.byHost[host]
	if !ok {
		return visitors.Sighting{}, NoSite, UnknownSite
	}
	switch b.event {
	case "", "view":
	case "objection":
		return visitors.Sighting{}, site, Objection
	default:
		return visitors.Sighting{}, site, BadEvent
	}
	head := &ctx.Request.Header
	r := raw{
		address:   in.clientOf(ctx),
		agent:     view(head.UserAgent()),
		language:  view(head.Peek(fasthttp.HeaderAcceptLanguage)),
		referrer:  b.referrer,
		path:      path,
		kind:      kindOf(b.status),
		objection: view(head.Peek("Sec-GPC")) == "1" || in.sites[site].DNT && view(head.Peek("DNT")) == "1",
		prefetch:  bots.Prefetch(view(head.Peek("Sec-Purpose")), view(head.Peek("Purpose"))),
	}
	s, outcome := in.truncate(r, site, at, key)
	return s, site, outcome
}

// clientOf returns the address of the visitor behind the declared proxies.
func (in *Intake) clientOf(ctx *fasthttp.RequestCtx) netip.Addr {
	peer, ok := netip.AddrFromSlice(ctx.RemoteIP())
	if !ok {
		return netip.Addr{}
	}
	head := &ctx.Request.Header
	forwarded := joined(head.PeekAll(fasthttp.HeaderXForwardedFor))
	if forwarded == "" {
		forwarded = joined(head.PeekAll(fasthttp.HeaderForwarded))
	}
	return client(peer, forwarded, in.Trusted)
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

// view returns b as a string without copying. It is valid as long as the buffer
// of the request is, so nothing may keep it: pages and hosts are copied when they
// are made, all else becomes codes.
func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
