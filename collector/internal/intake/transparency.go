package intake

import (
	"bytes"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/valyala/fasthttp"

	"oboro/collector/hit"
	"oboro/collector/internal/agent"
	"oboro/collector/internal/bots"
	"oboro/collector/internal/notice"
	"oboro/collector/internal/objection"
	"oboro/collector/internal/source"
)

// Transparency answers a request with what it holds itself, field by field, and beside it
// what would be kept of a view that came with it. Nothing of it is remembered: what texts
// come to is found anew, past the memory of the day, and the answer is the one place where
// they stand besides the request.
func (in *Intake) Transparency(ctx *fasthttp.RequestCtx, at time.Time, n *notice.Notice, f notice.Form) {
	// To go through the headers in order, fasthttp joins folded ones in its own buffer, where the
	// next time round it would find what is left of them. It finds them as they came.
	came := bytes.Clone(ctx.Request.Header.RawHeaders())
	h := in.headOf(ctx)
	copy(ctx.Request.Header.RawHeaders(), came)
	in.overlook(&h)
	site := in.siteOf(ctx)
	r := raw{
		address: h.address, agent: h.agent, brands: h.brands, mobile: h.mobile, platform: agent.Platform(h.platform),
		language: h.language, referrer: view(ctx.Request.Header.Peek(fasthttp.HeaderReferer)),
		objection: h.gpc || h.flag || h.dnt && site != NoSite && in.sites[site].DNT, prefetch: h.prefetch,
	}
	outcome := in.verdict(r, site)
	b := n.Begin(nil, f, outcome.Word())
	b = in.timeField(b, n, f, at, outcome)
	b = in.addressField(b, n, f, r, outcome)
	b = n.Field(b, f, notice.Target, view(ctx.RequestURI()), notice.Thrown, nil)
	var done hit.Dimensions
	for name, value := range ctx.Request.Header.AllInOrder() {
		fate := in.fateOf(&h, view(name), view(value))
		var kept []notice.Detail
		if outcome == Kept {
			kept = in.detailsOf(r, view(name), view(value), site)
		} else if fate == notice.Recognised || fate == notice.Paired {
			fate = notice.Thrown
		}
		if len(kept) > 0 && done.Has(kept[0].By) { // of one that stands twice, one is read
			kept = nil
		}
		for _, d := range kept {
			done |= hit.Of(d.By)
		}
		b = n.Field(b, f, view(name), view(value), fate, kept)
	}
	if outcome == Kept && in.Plan.Computes.Has(hit.ByChannel) && !done.Has(hit.ByChannel) {
		b = n.Field(b, f, fasthttp.HeaderReferer, "", notice.Thrown, in.originDetails("", site))
	}
	ctx.Response.SetBodyRaw(n.End(b, f))
}

// verdict returns what would become of a view.
func (in *Intake) verdict(r raw, site hit.Site) Outcome {
	switch {
	case r.objection:
		return Objection
	case r.prefetch:
		return Prefetch
	case bots.Is(r.agent):
		return Bot
	case !r.address.IsValid():
		return NoAddress
	case in.Plan.Computes&ofReferrer != 0 && in.cameFrom(r.referrer, site).Spam:
		return Spam
	}
	return Kept
}

// cameFrom returns what a referrer tells of a visit to the site, or to any of them.
func (in *Intake) cameFrom(referrer string, site hit.Site) source.Found {
	return source.Of(referrer, func(host string) bool {
		at, known := in.byHost[host]
		return known && (site == NoSite || at == site)
	})
}

// originDetails returns what would be kept of a referrer. What the page's address tells
// besides is the script's to send.
func (in *Intake) originDetails(referrer string, site hit.Site) (kept []notice.Detail) {
	from := in.cameFrom(referrer, site)
	if in.Plan.Computes.Has(hit.BySource) && from.Host != (hit.Host{}) {
		kept = append(kept, notice.Detail{By: hit.BySource, Value: from.Host.Name()})
	}
	if in.Plan.Computes.Has(hit.ByChannel) {
		kept = append(kept, notice.Detail{By: hit.ByChannel, Value: from.Channel.Code()})
	}
	return kept
}

// timeField appends when the request came, of which the day is kept, and the hour where a
// statistic counts by it.
func (in *Intake) timeField(b []byte, n *notice.Notice, f notice.Form, at time.Time, outcome Outcome) []byte {
	var room [32]byte
	at = at.In(in.Zone)
	text := view(at.AppendFormat(room[:0], "2006-01-02 15:04:05"))
	if outcome != Kept {
		return n.Field(b, f, notice.Time, text, notice.Thrown, nil)
	}
	var kept []notice.Detail
	if in.Plan.Computes.Has(hit.ByHour) {
		kept = append(kept, notice.Detail{By: hit.ByHour, Value: text[len("2006-01-02 "):len("2006-01-02 15")]})
	}
	return n.Field(b, f, notice.Time, text, notice.Dated, kept)
}

// addressField appends the address of the visitor, as hits would have it.
func (in *Intake) addressField(b []byte, n *notice.Notice, f notice.Form, r raw, outcome Outcome) []byte {
	var room [64]byte
	var text []byte
	if r.address != (netip.Addr{}) {
		text = r.address.AppendTo(room[:0])
	}
	if outcome != Kept {
		return n.Field(b, f, notice.Address, view(text), notice.Thrown, nil)
	}
	var kept []notice.Detail
	country, region := in.placeOf(r)
	whose := in.networkOf(r, country) // nobody is asked for who only looks
	domain := whose.Domain.Name()
	if domain == "" {
		domain = hit.Unknown
	}
	for _, d := range []notice.Detail{
		{By: hit.ByCountry, Value: country.Code()}, {By: hit.ByRegion, Value: region.Code()},
		{By: hit.ByNetwork, Value: domain}, {By: hit.ByNetworkClass, Value: whose.Class.Code()},
	} {
		if in.Plan.Computes.Has(d.By) {
			kept = append(kept, d)
		}
	}
	return n.Field(b, f, notice.Address, view(text), notice.Recognised, kept)
}

// fateOf returns what becomes of a header of h, what is kept of it aside.
func (in *Intake) fateOf(h *head, name, value string) notice.Fate {
	switch name {
	case "Sec-Ch-Ua":
		return paired(value == h.brands && value != "")
	case "Sec-Ch-Ua-Mobile":
		return paired(in.Plan.Computes&ofAgent != 0)
	case "Sec-Ch-Ua-Platform":
		return paired(value == h.platform && value != "")
	case "User-Agent":
		return notice.Recognised
	case "Sec-Gpc":
		if value == "1" {
			return notice.Objects
		}
	case "Dnt":
		if value == "1" {
			return notice.ObjectsAt
		}
	case objection.Sent:
		if objection.In(value) {
			return notice.Objects
		}
		return notice.Searched
	case fasthttp.HeaderXForwardedFor, fasthttp.HeaderForwarded, "Sec-Purpose", "Purpose", "X-Purpose", "X-Moz":
		return notice.Read
	}
	return notice.Thrown
}

// paired returns what becomes of a hint that is read, or is not.
func paired(read bool) notice.Fate {
	if read {
		return notice.Paired
	}
	return notice.Thrown
}

// detailsOf returns what would be kept of a header, where that one is read.
func (in *Intake) detailsOf(r raw, name, value string, site hit.Site) (kept []notice.Detail) {
	add := func(by hit.Dimension, code string) {
		if in.Plan.Computes.Has(by) {
			kept = append(kept, notice.Detail{By: by, Value: code})
		}
	}
	switch {
	case name == "User-Agent" && value == r.agent && in.Plan.Computes&ofAgent != 0:
		a := agent.OfHints(value, r.brands, r.mobile, r.platform)
		add(hit.ByBrowser, a.Browser.Code())
		add(hit.ByVersion, versionOf(a))
		add(hit.BySystem, a.System.Code())
		add(hit.ByDevice, a.Device.Code())
	case name == "Accept-Language" && value == r.language && in.Plan.Computes.Has(hit.ByLanguage):
		add(hit.ByLanguage, agent.Language(value).Code())
	case name == fasthttp.HeaderReferer && value == r.referrer:
		return in.originDetails(value, site)
	}
	return kept
}

func versionOf(a agent.Agent) string {
	if a.Version == 0 {
		return hit.Unknown
	}
	return strconv.Itoa(int(a.Version))
}

// siteOf returns the site that the request has come to by its host, if to one.
func (in *Intake) siteOf(ctx *fasthttp.RequestCtx) hit.Site {
	host, _, _ := strings.Cut(view(ctx.Host()), ":")
	var room [256]byte
	if len(host) > len(room) {
		return NoSite
	}
	for i := range len(host) {
		room[i] = host[i]
		if 'A' <= host[i] && host[i] <= 'Z' {
			room[i] |= 0x20
		}
	}
	site, ok := in.byHost[view(room[:len(host)])]
	if !ok {
		return NoSite
	}
	return site
}

// Objection returns the site that an opt-out page has come to by its host, and whether
// the request holds the flag, or objects by itself.
func (in *Intake) Objection(ctx *fasthttp.RequestCtx) (site hit.Site, flagged, gpc bool) {
	h := in.headOf(ctx)
	site = in.siteOf(ctx)
	return site, h.flag, h.gpc || h.dnt && site != NoSite && in.sites[site].DNT
}

// Own reports whether a request was sent by a page of the host that it has come to, and
// whether by https. Browsers say so; what says nothing is no browser of these days, and
// nobody can have another's send it. A proxy must leave the host as it is.
func Own(ctx *fasthttp.RequestCtx) (own, secure bool) {
	head := &ctx.Request.Header
	scheme, host, _ := strings.Cut(view(head.Peek(fasthttp.HeaderOrigin)), "://")
	secure = scheme == "https"
	switch site := view(head.Peek("Sec-Fetch-Site")); {
	case site != "":
		return site == "same-origin" || site == "none", secure
	case scheme == "":
		return true, secure
	}
	host, _, _ = strings.Cut(host, ":")
	to, _, _ := strings.Cut(view(ctx.Host()), ":")
	return host != "" && strings.EqualFold(host, to), secure
}

// FormOf returns how a page is to be written: in the language that the address names, or
// that the browser asks for before the other one; and as JSON where the address, or
// Accept, asks for that.
func FormOf(ctx *fasthttp.RequestCtx) (f notice.Form) {
	args := ctx.QueryArgs()
	switch view(args.Peek("lang")) {
	case "ja":
		f.Lang = notice.JA
	case "en":
	default:
		f.Lang = spoken(view(ctx.Request.Header.Peek(fasthttp.HeaderAcceptLanguage)))
	}
	switch view(args.Peek("format")) {
	case "json":
		f.JSON = true
	case "":
		accept := view(ctx.Request.Header.Peek(fasthttp.HeaderAccept))
		f.JSON = strings.Contains(accept, "application/json") && !strings.Contains(accept, "text/html")
	}
	return f
}

// spoken returns Japanese where a browser asks for it before English, else English.
func spoken(acceptLanguage string) notice.Lang {
	for choice := range strings.SplitSeq(acceptLanguage, ",") {
		tag, _, _ := strings.Cut(choice, ";")
		tag, _, _ = strings.Cut(strings.Trim(tag, " \t"), "-")
		switch {
		case strings.EqualFold(tag, "ja"):
			return notice.JA
		case strings.EqualFold(tag, "en"):
			return notice.EN
		}
	}
	return notice.EN
}
