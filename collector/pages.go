package collector

import (
	"encoding/json"
	"errors"

	"github.com/valyala/fasthttp"

	"oboro/collector/beacon"
	"oboro/collector/internal/intake"
	"oboro/collector/internal/notice"
	"oboro/collector/internal/objection"
)

// A Declaration is what the collector tells visitors of how it counts: the wiring makes it
// of the configuration and the catalogue. Its sites are in the order of [Config.Sites].
type Declaration = notice.Declaration

// ReverseDNS is the word among a declaration's exceptions for reverse DNS.
const ReverseDNS = notice.ReverseDNS

// The parts of a [Declaration].
type (
	Text               = notice.Text
	DeclaredSite       = notice.Site
	DeclaredStatistic  = notice.Statistic
	PublishedStatistic = notice.Published
)

// pages are what visitors may read: the notice, and the declaration as JSON.
type pages struct {
	notice      *notice.Notice
	declaration []byte
}

func newPages(d Declaration) (pages, error) {
	text, err := json.Marshal(d)
	if err != nil {
		return pages{}, errors.New("the declaration cannot be written as JSON")
	}
	return pages{notice.New(d, text), append(text, '\n')}, nil
}

// page answers a request for something to read, or, where there is no such path, says so.
func (c *Collector) page(ctx *fasthttp.RequestCtx) {
	get := ctx.IsGet() || ctx.IsHead()
	allow := "GET, HEAD"
	switch path := string(ctx.Path()); {
	case path == "/transparency" && get:
		c.transparency(ctx)
		return
	case path == "/opt-out" && get:
		c.objection(ctx)
		return
	case path == "/opt-out" && ctx.IsPost():
		c.object(ctx)
		return
	case path == "/opt-out.js" && get:
		serve(ctx, beacon.OptOut())
		return
	case path == "/oboro.css" && get:
		serve(ctx, beacon.Style())
		return
	case path == "/.well-known/oboro.json" && get:
		readable(ctx, true)
		ctx.SetBody(c.pages.declaration)
		return
	case path == "/opt-out":
		allow = "GET, HEAD, POST"
	case path == "/transparency", path == "/opt-out.js", path == "/oboro.css", path == "/.well-known/oboro.json":
	default:
		say(ctx, fasthttp.StatusNotFound, "path")
		return
	}
	ctx.Response.Header.Set(fasthttp.HeaderAllow, allow)
	say(ctx, fasthttp.StatusMethodNotAllowed, "method")
}

// transparency shows a request to who sent it. Once the collector is closed, so is its
// country table.
func (c *Collector) transparency(ctx *fasthttp.RequestCtx) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if c.closed {
		say(ctx, fasthttp.StatusServiceUnavailable, intake.Shed.Word())
		return
	}
	f := intake.FormOf(ctx)
	readable(ctx, f.JSON)
	c.intake.Transparency(ctx, c.config.Now(), c.pages.notice, f)
}

// objection shows the page on which a visitor objects.
func (c *Collector) objection(ctx *fasthttp.RequestCtx) {
	site, flagged, gpc := c.intake.Objection(ctx)
	readable(ctx, false)
	ctx.SetBody(c.pages.notice.Objection(nil, intake.FormOf(ctx).Lang, int(site), flagged, gpc))
}

// object sets the flag, or takes it back, on the visitor's own click: what a page of
// another host sends is refused.
func (c *Collector) object(ctx *fasthttp.RequestCtx) {
	site, _, _ := c.intake.Objection(ctx)
	own, secure := intake.Own(ctx)
	flag := ""
	switch string(ctx.PostBody()) {
	case notice.Object:
		flag = objection.Set
	case notice.TakeBack:
		flag = objection.Unset
	}
	switch {
	case !own:
		say(ctx, fasthttp.StatusForbidden, "origin")
		return
	case site == intake.NoSite:
		say(ctx, fasthttp.StatusBadRequest, intake.UnknownSite.Word())
		return
	case flag == "":
		say(ctx, fasthttp.StatusBadRequest, intake.BadBody.Word())
		return
	}
	if secure {
		flag += objection.Secure
	}
	ctx.Response.Header.Set(objection.Given, flag)
	ctx.Response.Header.Set(fasthttp.HeaderLocation, "opt-out?lang="+intake.FormOf(ctx).Lang.Code())
	say(ctx, fasthttp.StatusSeeOther, "")
}

// policy lets a page load its style sheet, send its form, and nothing else.
const policy = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// readable sets the headers of a page, or of JSON. The referrer policy leaves a form its
// origin, by which its own host knows it.
func readable(ctx *fasthttp.RequestCtx, json bool) {
	head := &ctx.Response.Header
	head.Set(fasthttp.HeaderCacheControl, "no-store")
	head.Set(fasthttp.HeaderXContentTypeOptions, "nosniff")
	head.Set(fasthttp.HeaderContentSecurityPolicy, policy)
	head.Set(fasthttp.HeaderReferrerPolicy, "same-origin")
	if json {
		ctx.SetContentType("application/json; charset=utf-8")
		return
	}
	ctx.SetContentType("text/html; charset=utf-8")
}
