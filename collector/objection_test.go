package collector_test

import (
	"fmt"
	"strings"
	"testing"
)

// flag is the one cookie.
const flag = "oboro_objection=1"

// click is what a browser sends that was told to object, or to take that back.
func click(host, value, more string) string {
	body := "objection=" + value
	return fmt.Sprintf("POST /opt-out?lang=ja HTTP/1.1\r\nHost: %s\r\n%sContent-Length: %d\r\n\r\n%s", host, more, len(body), body)
}

// A click on the page of a site's own host sets the flag, or takes it back, and leads to
// the page again; anything else sets nothing. Seen to fail when a page of another host may
// send the form, with Sec-Fetch-Site or without, when the flag is set at a host that is no
// site's, when it is set by looking at the page, and when Secure is left out.
func TestObjectionIsSetByAClick(t *testing.T) {
	const set, unset = flag + "; Path=/; Max-Age=34560000; SameSite=Lax", flag + "; Path=/; Max-Age=0; SameSite=Lax"
	w := newWorld(t, everything)
	for _, tt := range []struct {
		name, request string
		code          int
		cookie        string
	}{
		{"a click", click("a.example", "1", "Sec-Fetch-Site: same-origin\r\nOrigin: https://a.example\r\n"), 303, set + "; Secure"},
		{"a click without https", click("a.example:8080", "1", "Origin: http://a.example:8080\r\n"), 303, set},
		{"a click of a browser that does not say where it comes from", click("WWW.A.example", "1", ""), 303, set},
		{"a click behind a proxy that leaves out the port", click("a.example", "1", "Origin: http://a.example:8443\r\n"), 303, set},
		{"a click that takes it back", click("a.example", "0", "Cookie: "+flag+"\r\nSec-Fetch-Site: same-origin\r\nOrigin: https://a.example\r\n"), 303, unset + "; Secure"},
		{"a page of another site", click("a.example", "1", "Sec-Fetch-Site: cross-site\r\nOrigin: https://evil.example\r\n"), 403, ""},
		{"a page of another host of the site", click("a.example", "0", "Sec-Fetch-Site: same-site\r\nOrigin: https://www.a.example\r\n"), 403, ""},
		{"a page of another host, in an old browser", click("a.example", "0", "Origin: https://evil.example\r\n"), 403, ""},
		{"a page of a host of nearly that name", click("a.example", "1", "Origin: https://a.example.evil.example\r\n"), 403, ""},
		{"a page without an origin", click("a.example", "1", "Origin: null\r\n"), 403, ""},
		{"a page that says it is itself, and comes from elsewhere", click("a.example", "1", "Sec-Fetch-Site: cross-site\r\nOrigin: https://a.example\r\n"), 403, ""},
		{"a host that is no site's", click("stats.example", "1", ""), 400, ""},
		{"another value", click("a.example", "2", ""), 400, ""},
		{"no value", click("a.example", "", ""), 400, ""},
		{"a value and more", click("a.example", "1&x=y", ""), 400, ""},
		{"a look", "GET /opt-out HTTP/1.1\r\nHost: a.example\r\n\r\n", 200, ""},
		{"a look with the value in the address", "GET /opt-out?objection=1 HTTP/1.1\r\nHost: a.example\r\n\r\n", 200, ""},
		{"another method", "PUT /opt-out HTTP/1.1\r\nHost: a.example\r\nContent-Length: 11\r\n\r\nobjection=1", 405, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			list, err := w.feed([]byte(tt.request))
			if err != nil || len(list) != 1 {
				t.Fatalf("answers = %+v, %v", list, err)
			}
			a := list[0]
			if a.code != tt.code || a.header["Set-Cookie"] != tt.cookie {
				t.Errorf("answer = %d with the cookie %q, want %d with %q", a.code, a.header["Set-Cookie"], tt.code, tt.cookie)
			}
			if tt.code == 303 && a.header["Location"] != "opt-out?lang=ja" {
				t.Errorf("the answer leads to %q", a.header["Location"])
			}
		})
	}
}

// Who has set the flag is not counted, whichever way a hit comes: each is an objection, and
// nothing else, until the flag is taken back. Seen to fail when headOf does not look for
// the flag, when it reads cookies as fasthttp does, and when note does not look.
func TestFlagIsAnObjection(t *testing.T) {
	const pixel = "/hit.gif?u=https%3A%2F%2Fa.example%2F"
	for _, tt := range []struct {
		name, request string
		objects       bool
	}{
		{"a plain hit", sender{visitor.address, firefox, "Cookie: " + flag + "\r\n"}.view("/"), true},
		{"a plain hit with more cookies", sender{visitor.address, firefox, "cookie: a=b; " + flag + ";c=d\r\n"}.view("/"), true},
		{"a hit that fasthttp reads", strings.Replace(sender{visitor.address, firefox, "Cookie: " + flag + "\r\n"}.view("/"), "Content-Length", "X-Y: \xff\r\nContent-Length", 1), true},
		{"the pixel", sender{visitor.address, firefox, "Cookie: " + flag + "\r\n"}.get(pixel), true},
		{"the second of two headers", sender{visitor.address, firefox, "Cookie: a=b\r\nCookie: " + flag + "\r\n"}.view("/"), true},
		{"engagement", sender{visitor.address, firefox, "Cookie: " + flag + "\r\n"}.post(`{"u":"https://a.example/","e":"engaged","s":5}`), true},
		{"the flag in quotes, which browsers do not send", sender{visitor.address, firefox, "Cookie: oboro_objection=\"1\"\r\n"}.get(pixel), false},
		{"another cookie", sender{visitor.address, firefox, "Cookie: a=" + flag + "\r\n"}.view("/"), false},
		{"the flag taken back", sender{visitor.address, firefox, "Cookie: oboro_objection=0\r\n"}.view("/"), false},
		{"another cookie with the pixel", sender{visitor.address, firefox, "Cookie: oboro_objection=\r\n"}.get(pixel), false},
		{"the flag in another header", sender{visitor.address, firefox, "Expect: " + flag + "\r\n"}.view("/"), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := serving(t, everything)
			w.ask(t, tt.request)
			hits, meters := w.drain()
			want := "0 kept"
			if tt.objects {
				want = "0 objection"
			}
			if len(meters) != 1 || meters[day+" "+want] != 1 || tt.objects != (len(hits) == 0) || tt.objects != (w.collector.Remembered() == 0) {
				t.Errorf("%d hits, meters %v, want one of %s", len(hits), meters, want)
			}
		})
	}
}

// The page says what is so, and offers the way there and back. Seen to fail when the state
// is the same with the flag, and when a host that is no site's gets a button.
func TestObjectionPage(t *testing.T) {
	w := newWorld(t, everything)
	const object, back = `<button name="objection" value="1">`, `<button name="objection" value="0">`
	for _, tt := range []struct {
		name, head string
		says, not  []string
	}{
		{"at first", "Host: a.example\r\n", []string{"Site A", "is counted", object, `action="opt-out?lang=en"`}, []string{back}},
		{"with the flag", "Host: a.example\r\nCookie: " + flag + "\r\n", []string{"is not counted", back}, []string{object}},
		{"with GPC", "Host: a.example\r\nSec-GPC: 1\r\n", []string{"objects by itself", object}, []string{back}},
		{"with DNT where that is declared", "Host: dnt.example\r\nDNT: 1\r\n", []string{"Site &lt;B&gt; &amp; Co.", "objects by itself"}, nil},
		{"with DNT where it is not", "Host: a.example\r\nDNT: 1\r\n", []string{"is counted"}, nil},
		{"at another host", "Host: stats.example\r\n", []string{"not of a site"}, []string{"<form", "<button"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			page := w.page(t, "/opt-out?lang=en", tt.head)
			for _, text := range tt.says {
				if !strings.Contains(page, text) {
					t.Errorf("the page does not say %q:\n%s", text, page)
				}
			}
			for _, text := range tt.not {
				if strings.Contains(page, text) {
					t.Errorf("the page says %q:\n%s", text, page)
				}
			}
		})
	}
}
