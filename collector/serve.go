package collector

import (
	"context"
	"errors"
	"net"
	"time"

	"github.com/valyala/fasthttp"

	"oboro/collector/beacon"
	"oboro/collector/hit"
	"oboro/collector/internal/intake"
	"oboro/collector/internal/visitors"
)

// A Server answers the collector's routes on one listener.
type Server struct {
	http  *fasthttp.Server
	watch *watch
}

// silent takes the place of fasthttp's logger, whose messages name the client.
// What they tell is counted elsewhere.
type silent struct{}

func (silent) Printf(string, ...any) {}

// NewServer returns the server of the collector's routes.
func (c *Collector) NewServer() *Server {
	return &Server{watch: newWatch(c), http: &fasthttp.Server{
		Handler:               c.handle,
		ErrorHandler:          c.refuse,
		HeaderReceived:        lastInChunks,
		Logger:                silent{},
		NoDefaultServerHeader: true,
		NoDefaultDate:         true,
		NoDefaultContentType:  true,
		Concurrency:           c.config.Limits.concurrency(),
		MaxRequestBodySize:    intake.MaxBody,
		ReadBufferSize:        16 << 10,
		TCPKeepalive:          true,
		CloseOnShutdown:       true,

		DisablePreParseMultipartForm: true, // it may write files
	}}
}

// lastInChunks has the connection of a request in chunks closed after its answer. Such a
// one may name a length besides; a proxy that went by that would have sent on, as its
// body, what would here be the next request, of a client of its own choice (RFC 9112,
// 6.1). Browsers send no hits in chunks.
func lastInChunks(head *fasthttp.RequestHeader) fasthttp.RequestConfig {
	if head.ContentLength() == -1 {
		head.SetConnectionClose()
	}
	return fasthttp.RequestConfig{}
}

// Serve answers on l until Shutdown.
func (s *Server) Serve(l net.Listener) error {
	s.watch.Listener = door{l, s.watch.collector}
	end := make(chan struct{})
	defer close(end)
	go s.watch.run(end)
	if err := s.http.Serve(s.watch); err != nil {
		return errors.New("the collector's listener failed") // the error may name a peer
	}
	return nil
}

// Shutdown answers what is under way and closes the listener.
func (s *Server) Shutdown(ctx context.Context) error {
	s.watch.end()
	if err := s.http.ShutdownWithContext(ctx); err != nil {
		return errors.New("the collector did not come to rest in time")
	}
	return nil
}

// refuse answers a request that could not be read. The error may hold what the
// client sent, so only its class is used.
func (c *Collector) refuse(ctx *fasthttp.RequestCtx, err error) {
	defer c.rescue(ctx)
	ctx.SetConnectionClose()
	var small *fasthttp.ErrSmallBuffer
	switch {
	case errors.Is(err, fasthttp.ErrBodyTooLarge): // for whatever path: of one in chunks it is not known any more
		answer(ctx, c.take(tooLarge))
	case errors.As(err, &small):
		say(ctx, fasthttp.StatusRequestHeaderFieldsTooLarge, "headers")
	default:
		say(ctx, fasthttp.StatusBadRequest, "request")
	}
}

func tooLarge(time.Time, *visitors.Key) (visitors.Sighting, hit.Site, intake.Outcome) {
	return visitors.Sighting{}, intake.NoSite, intake.TooLarge
}

// rescue answers where a handler panicked. It is deferred.
func (c *Collector) rescue(ctx *fasthttp.RequestCtx) {
	if recover() != nil { // the value may hold what the client sent
		c.panics.Add(1)
		ctx.Response.ResetBody() // not Reset: it would bring fasthttp's headers back
		say(ctx, fasthttp.StatusInternalServerError, "error")
	}
}

func (c *Collector) handle(ctx *fasthttp.RequestCtx) {
	defer c.rescue(ctx)
	if conn, ok := ctx.Conn().(*watched); ok {
		conn.taken(intake.Length(ctx))
	}
	get, post := ctx.IsGet() || ctx.IsHead(), ctx.IsPost()
	switch path := string(ctx.Path()); {
	case path == "/hit" && post:
		answer(ctx, c.take(func(at time.Time, key *visitors.Key) (visitors.Sighting, hit.Site, intake.Outcome) {
			return c.intake.Body(ctx, at, key)
		}))
	case path == "/hit.gif" && ctx.IsHead(): // who asks so sees no page
		picture(ctx)
	case path == "/hit.gif" && get:
		c.pixel(ctx)
	case path == "/oboro.js" && get:
		serve(ctx, beacon.Beacon())
	case path == "/hit":
		ctx.Response.Header.Set(fasthttp.HeaderAllow, "POST")
		say(ctx, fasthttp.StatusMethodNotAllowed, "method")
	case path == "/hit.gif", path == "/oboro.js":
		ctx.Response.Header.Set(fasthttp.HeaderAllow, "GET, HEAD")
		say(ctx, fasthttp.StatusMethodNotAllowed, "method")
	default:
		c.page(ctx)
	}
}

// Panics returns how many requests ended in a panic since the start.
func (c *Collector) Panics() uint64 { return c.panics.Load() }

// pixel answers with the picture, whatever came of the hit, unless the request
// itself was wrong.
func (c *Collector) pixel(ctx *fasthttp.RequestCtx) {
	outcome := c.take(func(at time.Time, key *visitors.Key) (visitors.Sighting, hit.Site, intake.Outcome) {
		return c.intake.Pixel(ctx, at, key)
	})
	if outcome.Code() >= 300 {
		answer(ctx, outcome)
		return
	}
	picture(ctx)
}

func picture(ctx *fasthttp.RequestCtx) {
	ctx.Response.Header.Set(fasthttp.HeaderCacheControl, "no-store")
	ctx.SetContentType("image/gif")
	ctx.SetBody(beacon.GIF())
}

// serve answers with a file.
func serve(ctx *fasthttp.RequestCtx, f beacon.File) {
	head := &ctx.Response.Header
	head.Set(fasthttp.HeaderETag, f.ETag)
	head.Set(fasthttp.HeaderCacheControl, "public, max-age=3600")
	head.Set(fasthttp.HeaderXContentTypeOptions, "nosniff")
	head.Set("Cross-Origin-Resource-Policy", "cross-origin")
	head.Set(fasthttp.HeaderVary, fasthttp.HeaderAcceptEncoding)
	if string(ctx.Request.Header.Peek(fasthttp.HeaderIfNoneMatch)) == f.ETag {
		ctx.SetStatusCode(fasthttp.StatusNotModified)
		return
	}
	ctx.SetContentType(f.Type)
	if ctx.Request.Header.HasAcceptEncoding("gzip") {
		head.Set(fasthttp.HeaderContentEncoding, "gzip")
		ctx.SetBody(f.Gzipped)
		return
	}
	ctx.SetBody(f.Plain)
}

// answer says what came of a hit: a status, and for a bad one its word.
func answer(ctx *fasthttp.RequestCtx, o intake.Outcome) {
	if o.Again() {
		ctx.Response.Header.Set(fasthttp.HeaderRetryAfter, "5")
	}
	say(ctx, o.Code(), wordOf(o))
}

// wordOf returns the word that an answer says of an outcome, if any.
func wordOf(o intake.Outcome) string {
	if o.Code() < 300 {
		return ""
	}
	return o.Word()
}

// say answers with one of our own words, never with anything of the request.
func say(ctx *fasthttp.RequestCtx, code int, word string) {
	ctx.Response.Header.Set(fasthttp.HeaderCacheControl, "no-store")
	ctx.SetStatusCode(code)
	if word != "" {
		ctx.SetContentType("text/plain; charset=utf-8")
		ctx.SetBodyString(word + "\n")
	}
}
