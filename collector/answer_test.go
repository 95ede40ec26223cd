package collector_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

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
	"request", "path", "method", "headers", "error", "origin",
}

// headers are all headers that an answer may have, with all values that they may
// have; a number where there are none.
var headers = map[string][]string{
	"Content-Length": nil,
	"Connection":     {"close", "keep-alive"},
	"Content-Type": {"text/plain; charset=utf-8", "text/javascript; charset=utf-8", "image/gif", "text/css; charset=utf-8",
		"text/html; charset=utf-8", "application/json; charset=utf-8"},
	"Cache-Control":           {"no-store", "public, max-age=3600"},
	"Content-Encoding":        {"gzip"},
	"Retry-After":             {"5"},
	"Allow":                   {"POST", "GET, HEAD", "GET, HEAD, POST"},
	"Vary":                    {"Accept-Encoding"},
	"Etag":                    {beacon.ETag(), beacon.OptOut().ETag, beacon.Style().ETag},
	"Referrer-Policy":         {"same-origin"},
	"Content-Security-Policy": {"default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"},
	"Location":                {"opt-out?lang=en", "opt-out?lang=ja"},
	"Set-Cookie": {"oboro_objection=1; Path=/; Max-Age=34560000; SameSite=Lax", "oboro_objection=1; Path=/; Max-Age=0; SameSite=Lax",
		"oboro_objection=1; Path=/; Max-Age=34560000; SameSite=Lax; Secure", "oboro_objection=1; Path=/; Max-Age=0; SameSite=Lax; Secure"},
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
		if a.body, out, err = readBody(a, rest); err != nil {
			return list, err
		}
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
	for _, code := range []int{100, 200, 202, 204, 303, 304, 400, 403, 404, 405, 413, 429, 431, 500, 503} {
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

// readBody takes a known body off. The answer to HEAD has none. A page, or JSON, may hold
// what was sent, as text; it has no markup but its own.
func readBody(a answer, out []byte) (body string, rest []byte, err error) {
	for start, check := range map[string]func(string) error{"<!DOCTYPE html>\n": isPage, "{\"": isJSON} {
		n, _ := strconv.Atoi(a.header["Content-Length"])
		if bytes.HasPrefix(out, []byte(start)) && n <= len(out) {
			return string(out[:n]), out[n:], check(string(out[:n]))
		}
	}
	bodies := []string{string(beacon.Script()), string(beacon.Gzipped()), string(beacon.GIF())}
	for _, f := range []beacon.File{beacon.OptOut(), beacon.Style()} {
		bodies = append(bodies, string(f.Plain), string(f.Gzipped))
	}
	for _, w := range words {
		bodies = append(bodies, w+"\n")
	}
	for _, b := range bodies {
		if bytes.HasPrefix(out, []byte(b)) {
			return b, out[len(b):], nil
		}
	}
	return "", out, nil
}

// tag is all markup that a page may have.
var tag = regexp.MustCompile(`^<(!DOCTYPE html|/?(html|head|title|body|header|footer|main|nav|h1|h2|p|b|ul|li|dl|dt|dd|code|table|thead|tbody|tr|td|caption|form)` +
	`|html lang="(en|ja)"|meta charset="utf-8"|meta name="(viewport|robots)" content="(width=device-width, initial-scale=1|noindex)"` +
	`|link rel="stylesheet" href="oboro\.css"|a href="\?lang=(en|ja)" lang="(en|ja)" hreflang="(en|ja)"|p class="state"( role="status")?` +
	`|a href="(\?format=json|(opt-out|transparency)\?lang=(en|ja)|\.well-known/oboro\.json)"|/a|th scope="(col|row)"|/th` +
	`|nav aria-label="[^"<>&]+"|form method="post" action="opt-out\?lang=(en|ja)"|button name="objection" value="[01]"|/button)>`)

// isPage holds that a page has no other markup, and that all of it is text that a browser
// can show.
func isPage(page string) error {
	if !utf8.ValidString(page) || strings.ContainsFunc(page, func(r rune) bool { return r != '\n' && unicode.IsControl(r) }) {
		return errors.New("a page with bytes that are no text")
	}
	for rest := page; ; {
		at := strings.IndexByte(rest, '<')
		if at < 0 {
			return nil
		}
		rest = rest[at:]
		markup := tag.FindString(rest[:min(len(rest), 300)])
		if markup == "" {
			return fmt.Errorf("a page with the markup %.40q", rest)
		}
		rest = rest[len(markup):]
		if text, _, _ := strings.Cut(rest, "<"); strings.ContainsAny(text, `>"`) {
			return fmt.Errorf("a page with the text %.60q", text)
		}
	}
}

func isJSON(text string) error {
	if !utf8.ValidString(text) || !json.Valid([]byte(text)) || strings.ContainsAny(text, "<>&\u2028\u2029") {
		return fmt.Errorf("JSON that is none, or that holds markup: %.80q", text)
	}
	return nil
}

func contains(list []string, s string) bool {
	for _, v := range list {
		if v == s {
			return true
		}
	}
	return false
}
