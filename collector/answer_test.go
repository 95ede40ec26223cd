package collector_test

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"oboro/collector/beacon"
)

// An answer is one response of the collector.
type answer struct {
	code   int
	header map[string]string
	body   string
}

// words are all that an answer may say of a request.
var words = []string{
	"address", "page", "body", "url", "event", "unknown-site", "too-large", "rate", "shed", "backlog",
	"request", "path", "method", "headers", "error",
}

// headers are all headers that an answer may have, with all values that they may
// have; a number where there are none.
var headers = map[string][]string{
	"Content-Length":               nil,
	"Connection":                   {"close", "keep-alive"},
	"Content-Type":                 {"text/plain; charset=utf-8", "text/javascript; charset=utf-8", "image/gif"},
	"Cache-Control":                {"no-store", "public, max-age=3600"},
	"Content-Encoding":             {"gzip"},
	"Retry-After":                  {"5"},
	"Allow":                        {"POST", "GET, HEAD"},
	"Vary":                         {"Accept-Encoding"},
	"Etag":                         {beacon.ETag()},
	"X-Content-Type-Options":       {"nosniff"},
	"Cross-Origin-Resource-Policy": {"cross-origin"},
}

// read reads what a server wrote as answers, by a grammar that leaves no room for
// a byte of a request: known status lines, headers and bodies, and nothing else.
func read(out []byte) ([]answer, error) {
	var list []answer
	for len(out) > 0 {
		head, rest, ok := bytes.Cut(out, []byte("\r\n\r\n"))
		if !ok {
			return list, errors.New("an answer without an end of its headers")
		}
		a, err := readHead(string(head))
		if err != nil {
			return list, err
		}
		a.body, out = readBody(rest)
		if n := a.header["Content-Length"]; a.body != "" && n != strconv.Itoa(len(a.body)) {
			return list, fmt.Errorf("a body of %d bytes with Content-Length %q", len(a.body), n)
		}
		if a.code != 100 {
			list = append(list, a)
		}
	}
	return list, nil
}

func readHead(head string) (answer, error) {
	lines := strings.Split(head, "\r\n")
	a := answer{header: map[string]string{}}
	for _, code := range []int{100, 200, 202, 204, 304, 400, 404, 405, 413, 429, 431, 500, 503} {
		if lines[0] == fmt.Sprintf("HTTP/1.1 %d %s", code, http.StatusText(code)) {
			a.code = code
		}
	}
	if a.code == 0 {
		return a, fmt.Errorf("status line %q", lines[0])
	}
	for _, line := range lines[1:] {
		name, value, _ := strings.Cut(line, ": ")
		values, known := headers[name]
		if !known || values == nil && strings.Trim(value, "0123456789") != "" || values != nil && !contains(values, value) {
			return a, fmt.Errorf("header %q", line)
		}
		a.header[name] = value
	}
	return a, nil
}

// readBody takes a known body off. The answer to HEAD has none.
func readBody(out []byte) (body string, rest []byte) {
	bodies := []string{string(beacon.Script()), string(beacon.Gzipped()), string(beacon.GIF())}
	for _, w := range words {
		bodies = append(bodies, w+"\n")
	}
	for _, b := range bodies {
		if bytes.HasPrefix(out, []byte(b)) {
			return b, out[len(b):]
		}
	}
	return "", out
}

func contains(list []string, s string) bool {
	for _, v := range list {
		if v == s {
			return true
		}
	}
	return false
}
