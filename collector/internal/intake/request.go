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
	b.seconds = seconds(args.Peek("s"))
	if b.url == "" { // without script a page cannot tell its address; the browser does
		b.url = view(ctx.Request.Header.Peek(fasthttp.HeaderReferer))
		b.referrer = ""
	}
	return in.report(ctx, b, at, key)
}

// The names of headers as fasthttp writes them, whatever the client wrote.
var (
	headerLanguage     = []byte("Accept-Language")
	headerGPC          = []byte("Sec-Gpc")
	headerDNT          = []byte("Dnt")
	headerSecPurpose   = []byte("Sec-Purpose")
	headerPurpose      = []byte("Purpose")
	headerForwardedFor = []byte(fasthttp.HeaderXForwardedFor)
	headerForwarded    = []byte(fasthttp.HeaderForwarded)
)

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
	kind := kindOf(b.status)
	switch b.event {
	case "", "view":
	case "engaged":
		switch {
		case b.seconds == 0:
			return visitors.Sighting{}, site, BadEvent
		case kind == hit.NotFound: // there was no page to read
			return visitors.Sighting{}, site, Undeclared
		}
		kind = hit.Engaged
	case "objection":
		return visitors.Sighting{}, site, Objection
	default:
		return visitors.Sighting{}, site, BadEvent
	}
	head := &ctx.Request.Header
	r := raw{
		address:   in.clientOf(ctx),
		agent:     view(head.UserAgent()),
		language:  view(head.PeekCanonical(headerLanguage)),
		referrer:  b.referrer,
		path:      path,
		kind:      kind,
		seconds:   b.seconds,
		objection: view(head.PeekCanonical(headerGPC)) == "1" || in.sites[site].DNT && view(head.PeekCanonical(headerDNT)) == "1",
		prefetch:  bots.Prefetch(view(head.PeekCanonical(headerSecPurpose)), view(head.PeekCanonical(headerPurpose))),
	}
	// An objection touches no bound: it adds one to its meter, and nothing else.
	if !r.objection && !in.Rate.Allows(r.address, at) {
		return visitors.Sighting{}, site, Rate
	}
	s, outcome := in.truncate(r, site, at, key)
	return s, site, outcome
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
	named, standard := "", ""
	if head.PeekCanonical(headerForwardedFor) != nil {
		named = joined(head.PeekAll(fasthttp.HeaderXForwardedFor))
	}
	if head.PeekCanonical(headerForwarded) != nil {
		standard = joined(head.PeekAll(fasthttp.HeaderForwarded))
	}
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

// view returns b as a string without copying. It is valid as long as the buffer
// of the request is, so nothing may keep it: pages and hosts are copied when they
// are made, all else becomes codes.
func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
