package intake

import (
	"encoding/binary"
	"math/bits"
	"net/netip"
	"strings"

	"github.com/valyala/fasthttp"

	"oboro/collector/internal/agent"
	"oboro/collector/internal/bots"
	"oboro/collector/internal/objection"
)

// head holds what is used of the headers of a request, and who sent it. Its strings are
// views of the request's buffer.
type head struct {
	agent, language, forwarded string
	brands, platform           string // of the client hints that come unasked
	proxies                    int    // how many headers tell the way here; forwarded is the last of them
	address                    netip.Addr
	gpc, dnt, prefetch         bool
	flag                       bool // the flag of an objection came with it
	mobile                     bool // the third of the client hints

	host   bool // of a plain request: there is one
	length int  // of its body; -1 where that is not said yet
}

// headOf returns the head of a request that fasthttp has read.
func (in *Intake) headOf(ctx *fasthttp.RequestCtx) (h head) {
	// Once through the headers, since a look-up by name would go through them each time.
	// They bear the names that fasthttp writes, whatever the client wrote.
	for name, value := range ctx.Request.Header.All() {
		switch string(name) {
		case "User-Agent":
			h.agent = view(value)
		case "Accept-Language":
			first(&h.language, value)
		case "Sec-Ch-Ua":
			first(&h.brands, value)
		case "Sec-Ch-Ua-Mobile":
			h.mobile = h.mobile || string(value) == agent.Mobile
		case "Sec-Ch-Ua-Platform":
			first(&h.platform, value)
		case "Sec-Gpc":
			h.gpc = h.gpc || string(value) == "1"
		case "Dnt":
			h.dnt = h.dnt || string(value) == "1"
		case "Sec-Purpose", "Purpose", "X-Purpose", "X-Moz":
			h.prefetch = h.prefetch || bots.Prefetch(view(value), "")
		case objection.Sent:
			h.flag = h.flag || flagged(ctx)
		case fasthttp.HeaderXForwardedFor, fasthttp.HeaderForwarded:
			h.proxies++
			h.forwarded = view(value)
		}
	}
	if h.proxies > 1 {
		h.address = in.clientOf(ctx)
	} else if peer, ok := netip.AddrFromSlice(ctx.RemoteIP()); ok {
		h.address = client(peer, h.forwarded, in.Trusted)
	}
	return h
}

// first sets what was not set before.
func first(to *string, value []byte) {
	if *to == "" {
		*to = view(value)
	}
}

// flagged reports whether a request that has cookies has the flag among them. It reads
// them as they came: fasthttp would take quotes and spaces away.
func flagged(ctx *fasthttp.RequestCtx) bool {
	for name, value := range ctx.Request.Header.AllInOrder() {
		if string(name) == objection.Sent && objection.In(view(value)) {
			return true
		}
	}
	return false
}

// plainLine begins a request that is read here.
const plainLine = "POST /hit HTTP/1.1\r\n"

// parsePlain reads the bytes of one request and no more, and returns its body. It takes
// no request that it is not sure to read as fasthttp would, which has the last word on
// what is right: headers are ASCII, with names of letters, digits and hyphens; what is used
// of them stands once; and nothing is said about the connection or the body but how long
// that is. The address is left out.
func parsePlain(b []byte) (h head, body []byte, ok bool) {
	if !strings.HasPrefix(view(b), plainLine) {
		return head{}, nil, false
	}
	b = b[len(plainLine):]
	h.length = -1
	for {
		n := nameEnd(b)
		if n == 0 && strings.HasPrefix(view(b), "\r\n") {
			body = b[2:]
			return h, body, h.host && h.length == len(body)
		}
		if n == 0 || b[n] != ':' {
			return head{}, nil, false
		}
		name := view(b[:n])
		b = b[n+1:]
		if len(b) > 0 && b[0] == ' ' {
			b = b[1:]
		}
		n = printable(b)
		if len(b)-n < 2 || b[n] != '\r' || b[n+1] != '\n' || n > 0 && (b[0] == ' ' || b[n-1] == ' ') {
			return head{}, nil, false
		}
		if !h.note(name, view(b[:n])) {
			return head{}, nil, false
		}
		b = b[n+2:]
	}
}

// note takes what is used of a header, and reports whether the request is plain with it.
func (h *head) note(name, value string) bool {
	switch len(name) {
	case len("host"):
		return !is(name, "host") || !h.host && h.hosted(value)
	case len("dnt"):
		h.dnt = h.dnt || is(name, "dnt") && value == "1"
	case len("x-moz"):
		h.prefetch = h.prefetch || is(name, "x-moz") && bots.Prefetch(value, "")
	case len("expect"): // and of cookie
		h.flag = h.flag || is(name, objection.SentSmall) && objection.In(value)
		return !is(name, "expect")
	case len("sec-gpc"): // and of purpose and trailer
		switch {
		case is(name, "sec-gpc"):
			h.gpc = h.gpc || value == "1"
		case is(name, "purpose"):
			h.prefetch = h.prefetch || bots.Prefetch(value, "")
		}
		return !is(name, "trailer")
	case len("forwarded"): // and of sec-ch-ua and x-purpose
		if is(name, "sec-ch-ua") {
			return once(&h.brands, value)
		}
		h.prefetch = h.prefetch || is(name, "x-purpose") && bots.Prefetch(value, "")
		return !is(name, "forwarded") || h.forward(value)
	case len("user-agent"): // and of connection
		if is(name, "connection") {
			return is(value, "keep-alive")
		}
		return !is(name, "user-agent") || once(&h.agent, value)
	case len("sec-purpose"):
		h.prefetch = h.prefetch || is(name, "sec-purpose") && bots.Prefetch(value, "")
	case len("content-length"):
		return !is(name, "content-length") || h.length < 0 && h.measured(value)
	case len("accept-language"): // and of x-forwarded-for
		if is(name, "x-forwarded-for") {
			return h.forward(value)
		}
		return !is(name, "accept-language") || once(&h.language, value)
	case len("sec-ch-ua-mobile"):
		h.mobile = h.mobile || is(name, "sec-ch-ua-mobile") && value == agent.Mobile
	case len("sec-ch-ua-platform"):
		return !is(name, "sec-ch-ua-platform") || once(&h.platform, value)
	case len("transfer-encoding"):
		return !is(name, "transfer-encoding")
	}
	return true
}

func (h *head) forward(value string) bool {
	h.proxies++
	h.forwarded = value
	return h.proxies == 1
}

// once sets what was not set before, to something.
func once(to *string, value string) bool {
	fresh := *to == "" && value != ""
	*to = value
	return fresh
}

// nameEnd returns how many bytes at the head of b are letters, digits or hyphens, or 0
// where b ends less than eight bytes behind some of them. It looks at eight at once: to a
// byte below 0x80 it adds what sets the highest bit of those that are at least as great as
// a limit.
func nameEnd(b []byte) int {
	const ones, highest = 0x0101010101010101, 0x8080808080808080
	const a, z, zero, nine, hyphen = (0x80 - 'a') * ones, (0x7f - 'z') * ones, (0x80 - '0') * ones, (0x7f - '9') * ones, (0x80 - '-') * ones
	for n := 0; len(b)-n >= 8; n += 8 {
		w := binary.LittleEndian.Uint64(b[n:])
		small := w | ' '*ones
		in := (small+a)&^(small+z) | (w+zero)&^(w+nine) | (w+hyphen)&^(w+hyphen-ones)
		if out := ^in & highest; out != 0 {
			return n + bits.TrailingZeros64(out)/8
		}
	}
	return 0
}

// is reports whether a text of printable bytes is the name in small letters.
func is(name, small string) bool {
	if len(name) != len(small) {
		return false
	}
	for i := range len(small) {
		if name[i]|0x20 != small[i] {
			return false
		}
	}
	return true
}

// hosted reports whether a host is a name, or an address of IPv4, perhaps with a port.
func (h *head) hosted(value string) bool {
	h.host = true
	name, port, _ := strings.Cut(value, ":")
	for i := range len(name) {
		if c := name[i]; (c|' ' < 'a' || 'z' < c|' ') && (c < '-' || '9' < c || c == '/') {
			return false
		}
	}
	for i := range len(port) {
		if c := port[i]; c < '0' || c > '9' {
			return false
		}
	}
	return name != ""
}

// measured reads the length of the body, which is at most MaxBody.
func (h *head) measured(digits string) bool {
	h.length = 0
	for i := range len(digits) {
		if digits[i] < '0' || digits[i] > '9' {
			return false
		}
		if h.length = h.length*10 + int(digits[i]-'0'); h.length > MaxBody {
			return false
		}
	}
	return digits != ""
}

// printable returns how many bytes at the head of b are neither control characters nor
// beyond ASCII. It looks at eight at once: the highest bit of a byte of signs says that it
// is one of these, or that one before it is.
func printable(b []byte) int {
	const ones, highest = 0x0101010101010101, 0x8080808080808080
	n := 0
	for ; len(b)-n >= 8; n += 8 {
		w := binary.LittleEndian.Uint64(b[n:])
		if signs := ((w - ' '*ones) | (w + ones)) & highest; signs != 0 {
			return n + bits.TrailingZeros64(signs)/8
		}
	}
	for n < len(b) && ' ' <= b[n] && b[n] < 0x7f {
		n++
	}
	return n
}
