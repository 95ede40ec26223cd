package collector_test

import (
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// length is a Content-Length header of that value.
func length(of any) string { return fmt.Sprintf("Content-Length: %v\r\n", of) }

// hostile are requests that lie, or that are written as hardly anyone writes them, and
// what must come of each: which hits count, and with which statuses it is answered. A
// whole request for /after follows each on the same connection.
var hostile = func() []hostileRequest {
	const body, chunks = `{"u":"https://a.example/"}`, "1a\r\n" + `{"u":"https://a.example/"}` + "\r\n0\r\n\r\n"
	head, inner := visitor.head(), visitor.view("/inner")
	post := func(more, body string) string { return "POST /hit HTTP/1.1\r\n" + head + more + "\r\n" + body }
	chunked := func(more, body string) string { return post("Transfer-Encoding: chunked\r\n"+more, body) }
	return []hostileRequest{
		// A body that is not as long as it is said to be.
		{"a length too short", post(length(10), body), "400 400", ""},
		{"a length too long", post(length(100), body), "400 400", ""},
		{"a length that swallows the next request", post(length(len(body)+len(visitor.view("/after"))), body), "400", ""},
		{"a length below zero", post(length(-1), body), "400", ""},
		{"a length with a sign", post(length("+26"), body), "400", ""},
		{"a length in hexadecimal", post(length("0x1a"), body), "400", ""},
		{"a list of lengths", post(length("26, 26"), body), "400", ""},
		{"a length that is no number of 64 bits", post(length("18446744073709551642"), body), "400", ""},
		{"the same length twice", post(length(26)+length(26), body), "400", ""},
		{"two lengths", post(length(26)+length(5), body), "400", ""},
		{"no length", post("", body), "400 400", ""},
		// Requests that a proxy could have taken for others: at most the first counts, and
		// nothing behind it is believed.
		{"chunks and a length", chunked(length(4), chunks), "202", "/"},
		{"a length and chunks", post(length(4)+"Transfer-Encoding: chunked\r\n", chunks), "202", "/"},
		{"a request within the body of a length, behind chunks", chunked(length(len(inner)+5), "0\r\n\r\n"+inner), "400", ""},
		{"chunks by a name with a space", post("Transfer-Encoding : chunked\r\n"+length(26), body), "400", ""},
		{"chunks by a name with a tab", post("Transfer-Encoding\t: chunked\r\n"+length(26), body), "400", ""},
		{"chunks by a value with a tab", post("Transfer-Encoding:\tchunked\r\n", chunks), "202", "/"},
		{"chunks twice", chunked("Transfer-Encoding: chunked\r\n", chunks), "400", ""},
		{"chunks and identity", chunked("Transfer-Encoding: identity\r\n", chunks), "400", ""},
		{"a coding that is not known", post("Transfer-Encoding: xchunked\r\n"+length(26), body), "400", ""},
		{"two codings", post("Transfer-Encoding: gzip, chunked\r\n", chunks), "400", ""},
		{"chunks of HTTP/1.0", strings.Replace(chunked("", chunks), "HTTP/1.1", "HTTP/1.0", 1), "400", ""},
		{"chunks with extensions", chunked("", strings.Replace(chunks, "\r\n", ";a=b\r\n", 1)), "202", "/"},
		{"chunks with a trailer", chunked("", strings.Replace(chunks, "0\r\n", "0\r\nX: y\r\n", 1)), "202", "/"},
		{"chunks with an address in the trailer", chunked("", strings.Replace(chunks, "0\r\n", "0\r\nX-Forwarded-For: 203.0.113.5\r\n", 1)), "400", ""},
		{"a chunk that is longer than it says", chunked("", strings.Replace(chunks, "1a", "5", 1)), "400", ""},
		{"a chunk that is shorter than it says", chunked("", strings.Replace(chunks, "1a", "1b", 1)), "400", ""},
		{"a chunk below zero", chunked("", strings.Replace(chunks, "1a", "-1a", 1)), "400", ""},
		{"a chunk of 64 bits", chunked("", strings.Replace(chunks, "1a", "ffffffffffffffff", 1)), "400", ""},
		{"chunks with bare line feeds", chunked("", strings.ReplaceAll(chunks, "\r", "")), "400", ""},
		{"a body of a GET", "GET /hit.gif?u=https://a.example/ HTTP/1.1\r\n" + head + length(len(inner)) + "\r\n" + inner, "200 202", "/ /after"},
		{"a body of a HEAD", "HEAD /hit.gif?u=https://a.example/ HTTP/1.1\r\n" + head + length(len(inner)) + "\r\n" + inner, "200 202", "/after"},
		{"a body elsewhere", strings.Replace(post(length(26), body), "/hit", "/x", 1), "404 202", "/after"},
		// Rare writing.
		{"bare line feeds", strings.ReplaceAll(post(length(26), ""), "\r", "") + body, "202 202", "/ /after"},
		{"empty lines before", "\r\n\r\n" + visitor.view("/"), "202 202", "/ /after"},
		{"a folded header", post("X: a\r\n b\r\n"+length(26), body), "202 202", "/ /after"},
		{"an absolute target", strings.Replace(post(length(26), body), "/hit", "http://stats.example/hit", 1), "202 202", "/ /after"},
		{"an absolute target elsewhere", strings.Replace(post(length(26), body), "/hit", "http://other.example/hit?x", 1), "202 202", "/ /after"},
		{"HTTP/1.0", strings.Replace(post(length(26), body), "HTTP/1.1", "HTTP/1.0", 1), "202", "/"},
		{"HTTP/1.0 that stays", strings.Replace(post("Connection: keep-alive\r\n"+length(26), body), "HTTP/1.1", "HTTP/1.0", 1), "202 202", "/ /after"},
		{"HTTP/0.9", "GET /hit.gif?u=https://a.example/\r\n", "400", ""},
		{"HTTP/2 with prior knowledge", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "404", ""},
		{"a TLS greeting", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + strings.Repeat("Zx9q", 20) + "\r\n\r\n", "400", ""},
		{"no host", strings.Replace(post(length(26), body), "Host: stats.example\r\n", "", 1), "400", ""},
		{"two hosts", post("Host: other.example\r\n"+length(26), body), "400", ""},
		{"it waits to be told to go on", post("Expect: 100-continue\r\n"+length(26), body), "202 202", "/ /after"},
		{"it waits with too much", post("Expect: 100-continue\r\n"+length(9000), ""), "413", ""},
		{"it waits for something else", post("Expect: the-moon\r\n"+length(26), body), "202 202", "/ /after"},
		// Bytes that are no text.
		{"a NUL in a header", post("X: a\x00b\r\n"+length(26), body), "400", ""},
		{"a NUL in a name", post("X\x00Y: a\r\n"+length(26), body), "400", ""},
		{"a carriage return in a header", post("X: a\rContent-Length: 5\r\n"+length(26), body), "400", ""},
		{"a NUL in the target", strings.Replace(post(length(26), body), "/hit", "/hit\x00", 1), "400", ""},
		{"a User-Agent that is no UTF-8", strings.Replace(post(length(26), body), "Mozilla", "Mozill\xff\xfe\xc3", 1), "202 202", "/ /after"},
		{"a NUL in the body", visitor.post("{\"u\":\"https://a.example/\x00\"}"), "400 202", "/after"},
		{"a NUL behind the body", visitor.post(body + "\x00"), "400 202", "/after"},
		{"a NUL by its number", visitor.post(`{"u":"https://a.example/\u0000"}`), "400 202", "/after"},
		{"a path that is no UTF-8", visitor.post("{\"u\":\"https://a.example/\xff\xfe\"}"), "400 202", "/after"},
		{"half a pair of UTF-16", visitor.post(`{"u":"https://a.example/","n":"\ud800"}`), "202 202", "/ /after"},
		{"a target that is no UTF-8", visitor.get("/hit.gif?u=https://a.example/\xff\xfe"), "400 202", "/after"},
		// Bodies that are much of something.
		{"4,000 lists in one another", visitor.post(`{"u":"https://a.example/","p":` + strings.Repeat("[", 4000) + strings.Repeat("]", 4000) + `}`), "400 202", "/after"},
		{"lists that do not end", visitor.post(`{"u":"https://a.example/","p":` + strings.Repeat("[", 8000)), "400 202", "/after"},
		{"objects in one another", visitor.post(strings.Repeat(`{"p":`, 1600)), "400 202", "/after"},
		{"a thousand fields of one name", visitor.post(`{` + strings.Repeat(`"x":1,`, 1000) + `"u":"https://a.example/"}`), "202 202", "/ /after"},
		{"a number of 8,000 digits", visitor.post(`{"u":"https://a.example/","st":` + strings.Repeat("9", 8000) + `}`), "202 202", "/ /after"},
		// Headers that are much of something.
		{"headers of 17 KiB", visitor.get("/" + strings.Repeat("x", 17<<10)), "431", ""},
		{"one header of 17 KiB", post("X: "+strings.Repeat("x", 17<<10)+"\r\n"+length(26), body), "431", ""},
		{"5,000 headers", post(strings.Repeat("X:1\r\n", 5000)+length(26), body), "431", ""},
		{"2,000 headers", post(strings.Repeat("X:1\r\n", 2000)+length(26), body), "202 202", "/ /after"},
		{"500 proxies", strings.Replace(post(length(26), body), "X-Forwarded-For: ", "X-Forwarded-For: "+strings.Repeat("198.51.100.7, ", 500), 1), "202 202", "/ /after"},
	}
}()

// A hostileRequest is what is sent, and what must come of it: the statuses of the
// answers and the pages of the hits, in order.
type hostileRequest struct{ name, request, codes, pages string }

// A request counts once or not at all, whatever it says of itself; what follows it is
// read as what it is or not at all; answers come in order and hold no byte of it. Seen to
// fail when the connection of a request in chunks stays open (the request within its body
// counts).
func TestHostileRequests(t *testing.T) {
	for _, tt := range hostile {
		t.Run(tt.name, func(t *testing.T) {
			w := serving(t, everything)
			answers, err := read(w.send(t, tt.request+visitor.view("/after")))
			if err != nil {
				t.Fatalf("the collector wrote what is not its own: %v", err)
			}
			var codes, pages []string
			for _, a := range answers {
				codes = append(codes, fmt.Sprint(a.code))
			}
			hits, _ := w.drain()
			for _, h := range hits {
				pages = append(pages, h.Page.Path())
			}
			if got := strings.Join(codes, " "); got != tt.codes {
				t.Errorf("answered %s, want %s", got, tt.codes)
			}
			if got := strings.Join(pages, " "); got != tt.pages {
				t.Errorf("hits of %q, want %q", got, tt.pages)
			}
			if w.collector.Panics() != 0 {
				t.Error("a request ended in a panic")
			}
			if a := w.ask(t, visitor.view("/")); a.code != 202 {
				t.Errorf("afterwards a hit is answered %d", a.code)
			}
		})
	}
}

// Requests that are sent without waiting for answers count once each, and are answered in
// order, however the bytes are cut on their way. Seen to fail when a byte of each read
// is lost.
func TestPipelinedRequestsCountInOrder(t *testing.T) {
	const requests = 200
	for _, cut := range []int{1 << 20, 1000, 37} {
		w := serving(t, everything)
		var all strings.Builder
		want := []string{}
		for i := range requests {
			switch i % 4 {
			case 0:
				all.WriteString(visitor.view(fmt.Sprintf("/guide/%d", i)))
				want = append(want, "202 ")
			case 1:
				all.WriteString(visitor.get("/nowhere"))
				want = append(want, "404 path\n")
			case 2:
				all.WriteString(visitor.post("{}"))
				want = append(want, "400 url\n")
			case 3:
				all.WriteString(visitor.get("/hit"))
				want = append(want, "405 method\n")
			}
		}
		conn := dial(t, w.address)
		go func() {
			for text := all.String(); text != ""; {
				n := min(cut, len(text))
				io.WriteString(conn, text[:n])
				text = text[n:]
			}
			conn.(*net.TCPConn).CloseWrite()
		}()
		out, _ := io.ReadAll(conn)
		answers, err := read(out)
		if err != nil || len(answers) != requests {
			t.Fatalf("in pieces of %d: %d answers, %v, want %d", cut, len(answers), err, requests)
		}
		for i, a := range answers {
			if got := fmt.Sprintf("%d %s", a.code, a.body); got != want[i] {
				t.Fatalf("in pieces of %d: answer %d is %q, want %q", cut, i, got, want[i])
			}
		}
		hits, meters := w.drain()
		for i, h := range hits {
			if h.Page.Path() != fmt.Sprintf("/guide/%d", 4*i) {
				t.Fatalf("in pieces of %d: hit %d is of %s", cut, i, h.Page.Path())
			}
		}
		if len(hits) != requests/4 || meters[day+" -1 url"] != requests/4 {
			t.Errorf("in pieces of %d: %d hits and meters %v, want %d and as many url", cut, len(hits), meters, requests/4)
		}
	}
}

func dial(t *testing.T, address string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(20 * time.Second))
	return conn
}

// A client that sends byte by byte, or stops, has until the deadline for its headers and
// body together; then its connection ends, and nothing of it counts. Others are served
// meanwhile. Seen to fail when a deadline is set anew with each byte that comes, and
// without deadlines.
func TestSlowClientsEnd(t *testing.T) {
	const deadline = 300 * time.Millisecond
	whole := visitor.view("/")
	head := strings.Index(whole, "\r\n\r\n") + 4
	slow := func(conn net.Conn, text string, ended chan struct{}) {
		for i := 0; i < len(text); i++ {
			if _, err := io.WriteString(conn, text[i:i+1]); err != nil {
				return
			}
			select {
			case <-ended:
				return
			case <-time.After(10 * time.Millisecond):
			}
		}
	}
	for name, of := range map[string]struct{ first, slowly string }{
		"nothing":               {"", ""},
		"headers, byte by byte": {whole[:20], strings.Repeat("X: y\r\n", 5000)},
		"a body, byte by byte":  {strings.Replace(whole[:head], length(len(whole)-head), length(8000), 1), strings.Repeat(" ", 8000)},
		"chunks, byte by byte":  {"POST /hit HTTP/1.1\r\n" + visitor.head() + "Transfer-Encoding: chunked\r\n\r\n", strings.Repeat("1\r\n \r\n", 2000)},
		"a body that stops":     {whole[:len(whole)-1], ""},
		"after an answer":       {whole, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, everything)
			w.server.Hurry(deadline)
			w.listen(t, func(l net.Listener) net.Listener { return l })
			conn := dial(t, w.address)
			ended := make(chan struct{})
			io.WriteString(conn, of.first)
			sent := make(chan struct{})
			go func() { defer close(sent); slow(conn, of.slowly, ended) }()
			if a := w.ask(t, visitor.view("/")); a.code != 202 {
				t.Errorf("meanwhile another is answered %d", a.code)
			}
			from := time.Now()
			out, _ := io.ReadAll(conn) // a reset ends it too
			close(ended)
			<-sent
			if time.Since(from) > 15*time.Second {
				t.Error("the connection does not end")
			}
			answers, err := read(out)
			counts := name == "after an answer"
			if err != nil || len(answers) > 1 || !counts && len(answers) == 1 && answers[0].code == 202 {
				t.Errorf("answers %+v, %v", answers, err)
			}
			hits, _ := w.drain()
			if want := map[bool]int{true: 2, false: 1}[counts]; len(hits) != want {
				t.Errorf("%d hits, want %d", len(hits), want)
			}
		})
	}
}
