package intake

import (
	"bufio"
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/valyala/fasthttp"

	"oboro/collector/hit"
	"oboro/collector/internal/notice"
)

// FuzzTransparency holds that, whatever headers and target a request has, the answer shows
// it as text and is bounded: JSON that says each header, and nothing besides, or a page
// whose fields have no tag but ours. Seen to fail when HTML leaves <, when JSON leaves a
// quote, when the name of a header is not escaped, when each header gets a list of ten
// thousand bytes, and when beside a cookie a folded header is read in order twice.
func FuzzTransparency(f *testing.F) {
	for _, text := range []string{
		"<script>", `"'><b>`, "&lt;", "</code></td>", "<code onclick=x>", "\xff\xfe", "日本語", "\u202e", `\`, `"}],"received":[{"`, "<!--", "\x1b[0m", "?1", `"Brave";v="1"`,
	} {
		f.Add("User-Agent: "+firefox+text+"\r\nX-Forwarded-For: 198.51.100.7\r\nAccept-Language: "+text+"\r\nReferer: https://x.example/"+text+"\r\n", "?x="+text, true)
		f.Add("Sec-CH-UA: "+text+"\r\nSec-CH-UA-Mobile: "+text+"\r\nSec-CH-UA-Platform: "+text+"\r\nCookie: "+text+"\r\nSec-GPC: "+text+"\r\n", "", false)
		f.Add(text+": "+text+"\r\n"+text+":"+text+"\r\nForwarded: for=\""+text+"\"\r\n", text, text == "?1")
	}
	f.Add("&amp'\"x: y\r\n", "", false)
	f.Add("&amp'x: y\r\n", "", false)
	f.Add("X: aaa\r\n bbb\r\n\tccc\r\nCookie: a=b;\r\n c=d\r\nCookie: e=f\r\nX-After: z\r\n", "", true)
	f.Add(strings.Repeat("X:1\r\n", 2000), "", true)
	in := everything()
	in.Plan.Computes |= hit.Of(hit.ByHour)
	n := notice.New(notice.Declaration{}, []byte("{}"))
	f.Fuzz(func(t *testing.T, headers, query string, forJSON bool) {
		text := "GET /transparency" + query + " HTTP/1.1\r\nHost: x\r\n" + headers + "\r\n"
		ctx := &fasthttp.RequestCtx{}
		ctx.Init2(proxy{}, nil, true)
		if len(text) > 16<<10 || ctx.Request.Read(bufio.NewReaderSize(strings.NewReader(text), 16<<10)) != nil {
			return // it never gets here
		}
		other := &fasthttp.RequestCtx{} // since fasthttp reads folded headers in order but once
		other.Init2(proxy{}, nil, true)
		if err := other.Request.Read(bufio.NewReaderSize(strings.NewReader(text), 16<<10)); err != nil {
			t.Fatal(err)
		}
		var names, values []string
		for name, value := range other.Request.Header.AllInOrder() {
			names, values = append(names, string(name)), append(values, string(value))
		}
		in.Transparency(ctx, now, n, notice.Form{JSON: forJSON})
		answer := ctx.Response.Body()
		if most := 20*len(text) + 10<<10; len(answer) > most {
			t.Fatalf("%d bytes are answered by %d, want at most %d", len(text), len(answer), most)
		}
		if forJSON {
			said(t, answer, names, values)
			return
		}
		tags(t, answer)
	})
}

// said fails where an answer is not JSON of these headers behind the three fields that are
// none.
func said(t *testing.T, answer []byte, names, values []string) {
	t.Helper()
	var page struct {
		Received []struct{ Field, Value string }
	}
	if err := json.Unmarshal(answer, &page); err != nil || bytes.ContainsAny(answer, "<>&") {
		t.Fatalf("%q is no JSON, or holds markup: %v", answer, err)
	}
	if len(page.Received) != 3+len(names) {
		t.Fatalf("%d fields are said of %d headers", len(page.Received), len(names))
	}
	for i, f := range page.Received[3:] {
		if !shownAs(names[i], f.Field) || !shownAs(values[i], f.Value) {
			t.Fatalf("%q: %q is said as %q: %q", names[i], values[i], f.Field, f.Value)
		}
	}
}

// shownAs reports whether a text is shown, but for what is no sign of a text.
func shownAs(text, shown string) bool {
	seen := strings.Split(shown, "\ufffd")
	for _, part := range seen {
		at := strings.Index(text, part)
		if at < 0 {
			return false
		}
		text = text[at+len(part):]
	}
	return len(seen) > 1 || text == ""
}

// tags fails where among the fields of a page, which is all that a request writes there,
// stands another tag than ours, or a quote that is in none; or where the table ends twice.
func tags(t *testing.T, page []byte) {
	t.Helper()
	_, fields, _ := bytes.Cut(page, []byte("<tbody>"))
	fields, rest, ended := bytes.Cut(fields, []byte("</tbody>"))
	if !ended || !bytes.HasPrefix(rest, []byte("</table>\n<h2>")) {
		t.Fatalf("the table of fields ends with %.100q", rest)
	}
	for _, part := range bytes.Split(fields, []byte("<"))[1:] {
		tag, text, closed := strings.Cut(string(part), ">")
		switch tag {
		case "tr", "/tr", "td", "/td", `th scope="row"`, "/th", "code", "/code", "p", "/p", "ul", "/ul", "li", "/li", "b", "/b":
		default:
			closed = false
		}
		if !closed || strings.ContainsAny(text, `>"'`) {
			t.Fatalf("among the fields stands <%.200s", part)
		}
	}
}
