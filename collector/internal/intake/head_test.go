package intake

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"
	"testing"

	"github.com/valyala/fasthttp"
)

// plainHead is how most requests begin, without the length of their body.
const plainHead = plainLine + "Host: stats.example\r\nConnection: keep-alive\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\n" +
	"Accept: */*\r\nAccept-Language: ja,en-US;q=0.9\r\nX-Forwarded-For: 203.0.113.5\r\n"

// plainOf returns a request with more headers and a body.
func plainOf(more, body string) string {
	return plainHead + more + "Content-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body
}

// chromium are the client hints that come unasked, of a browser that is Chrome by its
// User-Agent.
const chromium = "Sec-CH-UA: \"Brave\";v=\"140\", \"Chromium\";v=\"140\", \"Not=A?Brand\";v=\"24\"\r\nSec-CH-UA-Mobile: ?0\r\n" +
	"Sec-CH-UA-Platform: \"macOS\"\r\n"

const plainBody = `{"u":"https://a.example/"}`

// Which requests are plain, and that all others are left to fasthttp. Each that is not
// was seen to be taken when what refuses it was left out.
func TestPlain(t *testing.T) {
	good := plainOf("", plainBody)
	replaced := func(old, new string) string {
		if !strings.Contains(good, old) {
			t.Fatalf("the request does not hold %q", old)
		}
		return strings.Replace(good, old, new, 1)
	}
	for _, tt := range []struct {
		name, request string
		want          bool
	}{
		{"as browsers write it", good, true},
		{"names in small letters", strings.Replace(strings.ToLower(good), "post /hit http", "POST /hit HTTP", 1), true},
		{"a host with a port", replaced("stats.example", "127.0.0.1:8080"), true},
		{"no body", plainOf("", ""), true},
		{"an objection", plainOf("Sec-GPC: 1\r\nDNT: 1\r\n", plainBody), true},
		{"loaded ahead", plainOf("Sec-Purpose: prefetch\r\nPurpose: x\r\n", plainBody), true},
		{"client hints", plainOf(chromium, plainBody), true},
		{"mobile twice", plainOf(chromium+"Sec-CH-UA-Mobile: ?1\r\n", plainBody), true},
		{"hints that nobody asks for", plainOf(chromium+"Sec-CH-UA-Model: \"x\"\r\nSec-CH-UA-Model: \"y\"\r\n", plainBody), true},
		{"headers nobody reads, twice", plainOf("X-A: 1\r\nX-A: 2\r\nCookie: a=b\r\n", plainBody), true},
		{"the way here in the other header", replaced("X-Forwarded-For: ", "Forwarded: for="), true},
		{"the largest body", plainOf("", strings.Repeat(" ", MaxBody)), true},

		{"nothing", "", false},
		{"a body that is too large", plainOf("", strings.Repeat(" ", MaxBody+1)), false},
		{"another method", replaced("POST", "GET"), false},
		{"another path", replaced("/hit", "/hix"), false},
		{"a query", replaced("/hit", "/hit?x"), false},
		{"HTTP/1.0", replaced("HTTP/1.1", "HTTP/1.0"), false},
		{"an empty line before", "\r\n" + good, false},
		{"a part of the body", good[:len(good)-1], false},
		{"a part of the headers", good[:len(good)-len(plainBody)-1], false},
		{"a part of a name", good[:len(plainLine)+2], false},
		{"another request behind", good + good, false},
		{"no length", plainHead + "\r\n", false},
		{"an empty length", plainHead + "Content-Length:\r\n\r\n", false},
		{"a length with a sign", replaced("Length: 26", "Length: +26"), false},
		{"the length twice", plainOf("Content-Length: 26\r\n", plainBody), false},
		{"chunks", plainOf("Transfer-Encoding: chunked\r\n", plainBody), false},
		{"chunks by a name with a space", plainOf("Transfer-Encoding : chunked\r\n", plainBody), false},
		{"a name with a space", plainOf("X Y: z\r\n", plainBody), false},
		{"a name with a bracket", plainOf("X(Y): z\r\n", plainBody), false},
		{"no name", plainOf(": z\r\n", plainBody), false},
		{"no colon", plainOf("X\r\n", plainBody), false},
		{"a folded header", plainOf("X: a\r\n b\r\n", plainBody), false},
		{"a trailer to come", plainOf("Trailer: X\r\n", plainBody), false},
		{"it waits to be told to go on", plainOf("Expect: 100-continue\r\n", plainBody), false},
		{"a connection that closes", replaced("keep-alive", "close"), false},
		{"a connection for something else", replaced("keep-alive", "keep-alive, upgrade"), false},
		{"no host", replaced("Host: stats.example\r\n", ""), false},
		{"an empty host", replaced("stats.example", ""), false},
		{"two hosts", plainOf("Host: stats.example\r\n", plainBody), false},
		{"a host with an escape", replaced("stats.example", "stats%zz"), false},
		{"a host with a slash", replaced("stats.example", "stats/example"), false},
		{"a host with a port that is none", replaced("stats.example", "stats:x"), false},
		{"a bare line feed", replaced("*/*\r\n", "*/*\n"), false},
		{"a bare carriage return", replaced("*/*\r\n", "*/*\rX: y\r\n"), false},
		{"a NUL", plainOf("X: a\x00b\r\n", plainBody), false},
		{"a DEL", plainOf("X: a\x7fb\r\n", plainBody), false},
		{"a tab", plainOf("X:\ta\r\n", plainBody), false},
		{"a byte beyond ASCII", plainOf("X: \xe3\x81\x82\r\n", plainBody), false},
		{"two User-Agents", plainOf("User-Agent: x\r\n", plainBody), false},
		{"two languages", plainOf("Accept-Language: x\r\n", plainBody), false},
		{"brands twice", plainOf(chromium+"Sec-CH-UA: x\r\n", plainBody), false},
		{"two platforms", plainOf(chromium+"Sec-CH-UA-Platform: x\r\n", plainBody), false},
		{"two proxies", plainOf("X-Forwarded-For: 198.51.100.1\r\n", plainBody), false},
		{"two kinds of proxies", plainOf("Forwarded: for=198.51.100.1\r\n", plainBody), false},
		{"an address behind two spaces", replaced("For: 203", "For:  203"), false},
		{"an address before a space", replaced(".113.5", ".113.5 "), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, body, ok := parsePlain([]byte(tt.request))
			if ok != tt.want {
				t.Errorf("%.600q is plain: %v, want %v", tt.request, ok, tt.want)
			}
			if ok && !strings.HasSuffix(tt.request, string(body)) {
				t.Errorf("the body is %q", body)
			}
			sameAsFasthttp(t, []byte(tt.request))
		})
	}
}

// sameAsFasthttp fails where a plain request is something else to fasthttp: another body
// or head, an error, a connection that closes, a wait, or not all of the bytes.
func sameAsFasthttp(t *testing.T, request []byte) {
	t.Helper()
	got, body, ok := parsePlain(bytes.Clone(request))
	if !ok {
		return
	}
	ctx := &fasthttp.RequestCtx{}
	r := bufio.NewReaderSize(bytes.NewReader(request), 16<<10)
	if err := errors.Join(ctx.Request.Header.Read(r), ctx.Request.ContinueReadBody(r, MaxBody, false)); err != nil {
		t.Fatalf("%q is refused by fasthttp", request)
	}
	if rest, _ := io.ReadAll(r); len(rest) > 0 || Length(ctx) != len(request) {
		t.Fatalf("of %q fasthttp leaves %q, and reads %d", request, rest, Length(ctx))
	}
	in := &Intake{}
	if want := in.headOf(ctx); got.agent != want.agent || got.language != want.language ||
		got.brands != want.brands || got.mobile != want.mobile || got.platform != want.platform || got.forwarded != want.forwarded ||
		got.proxies != want.proxies || got.gpc != want.gpc || got.dnt != want.dnt || got.prefetch != want.prefetch || got.flag != want.flag {
		t.Errorf("the head of %q is %+v, to fasthttp %+v", request, got, want)
	}
	head := &ctx.Request.Header
	if !bytes.Equal(body, ctx.PostBody()) || !ctx.IsPost() || string(ctx.Path()) != "/hit" || head.ConnectionClose() ||
		ctx.Request.MayContinue() || !head.IsHTTP11() {
		t.Errorf("%q is another request to fasthttp", request)
	}
	if ctx.Request.URI().Host() == nil { // it could not be read
		t.Errorf("the host of %q is none to fasthttp", request)
	}
}

// FuzzPlain holds that what is plain is the same request to fasthttp. Seen to fail when
// names may hold any byte, when a length may stand twice, when transfer codings are passed
// over, when the flag is looked for among cookies as fasthttp writes them, when a second User-Agent or a second
// Sec-CH-UA counts, when the platform is read from another name, and when a carriage return ends a line.
func FuzzPlain(f *testing.F) {
	for _, more := range []string{
		"", "Transfer-Encoding: chunked\r\n", "Content-Length: 1\r\n", "User-Agent: x\r\n", "X Y: z\r\n", "X(Y): z\r\n", "Sec-GPC: 1\r\n",
		"Dnt: 1\r\n", "Purpose: preview\r\n", "X-Purpose: preview\r\n", "X-Moz: prefetch\r\n", "Sec-Purpose: prefetch\r\n", "Expect: 100-continue\r\n", "Connection: close\r\n",
		"X: a\rContent-Length: 5\r\n", "Forwarded: for=x\r\n", "Host: x\r\n", "X: a\r\n b\r\n", "Trailer: Content-Length\r\n", "X:  y \r\n",
		"Accept-Language:\r\nAccept-Language: x\r\n", "Cookie: a=b; c\r\n", "Cookie: oboro_objection=1\r\n",
		"Cookie: a; oboro_objection=\"1\"\r\n", "Cookie: oboro_objection = 1\r\nCookie: ;oboro_objection=1 ;\r\n", chromium, chromium + chromium,
		"Sec-CH-UA:\r\n", "sec-ch-ua: a\r\nSEC-CH-UA: b\r\n", "Sec-CH-UA-Mobile: ?1\r\nSec-CH-UA-Platform: \"\"\r\n", "Sec-CH-UA-Model: x\r\nSec-CH-UA-Modile: ?1\r\nSec-CH-UA-Platfork: x\r\n", "Upgrade: h2c\r\n", "Proxy-Connection: close\r\n",
	} {
		f.Add([]byte(plainOf(more, plainBody)))
		f.Add([]byte(plainLine + more + "Host: a:1\r\nContent-Length: 0\r\n\r\n"))
	}
	f.Fuzz(func(t *testing.T, request []byte) { sameAsFasthttp(t, request) })
}

// Of every byte at every place among those of a name, nameEnd and printable see whether
// it is one of theirs. Seen to fail when each of the limits is moved by one.
func TestEndsOfNamesAndValues(t *testing.T) {
	for c := range 256 {
		for place := range 17 {
			text := []byte("Content-Length09azAZ, more")
			text[place] = byte(c)
			want := len("Content-Length09azAZ")
			if !strings.ContainsRune("-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", rune(c)) {
				want = place
			}
			if n := nameEnd(text); n != want {
				t.Fatalf("a name ends at %d with byte %#x at %d, want %d", n, c, place, want)
			}
			want = len(text)
			if c < ' ' || c >= 0x7f {
				want = place
			}
			if n := printable(text); n != want {
				t.Fatalf("a value ends at %d with byte %#x at %d, want %d", n, c, place, want)
			}
		}
	}
}
