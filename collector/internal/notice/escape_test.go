package notice

import (
	"encoding/json"
	"html"
	"strings"
	"testing"
	"unicode/utf8"
)

// texts are what somebody would send who wants to be more than text, and what ends badly.
var texts = []string{
	"", "a b", "<script>alert(1)</script>", `"><img src=x onerror=alert(1)>`, "' onmouseover='x", "&lt;", "&#60;", "&amp;lt", "&", "]]>", "<!--", "</code>",
	"日本語", "\xff\xfe", "\xe3\x81", "\xc0\xbc", "\x00", "\x1b[31m", "\r\nSet-Cookie: a=b", "\u2028", "\u202e", "\ufeff", "\ufffd", "\u00ad", "\U0010ffff", `\`, `\u003c`, `\"`, `"}],"x":[{"`, "</script",
}

// FuzzEscapes holds that what a request sends is text in the answer, in a page and in
// JSON: no sign of it is markup or ends a string, none is a control character or turns the
// text around it, all other signs are there again once the answer is read, what stands
// before stays, and the answer grows to six times the text at most. Seen to fail when one of
// & < > " ' is left as it is in a page; when JSON leaves < or a quote, a backslash or an ampersand; when
// control characters, what turns a text, or bytes that are no UTF-8 are let through; and when an escape is
// longer.
func FuzzEscapes(f *testing.F) {
	for _, text := range texts {
		f.Add(text)
	}
	f.Add(strings.Repeat("'<&", 50))
	f.Fuzz(func(t *testing.T, text string) {
		want := shownOf(text)
		page, quoted := string(HTML([]byte("before"), text)), string(JSON([]byte("before"), text))
		for form, answer := range map[string]string{"the page": page, "JSON": quoted} {
			if !strings.HasPrefix(answer, "before") || !utf8.ValidString(answer) || strings.ContainsFunc(answer, hidden) || len(answer) > 6+6*len(text) {
				t.Fatalf("%q is %q in %s, which is no text, or too long", text, answer, form)
			}
		}
		if got := html.UnescapeString(page); strings.ContainsAny(page, `<>"'`) || got != "before"+want {
			t.Fatalf("%q is %q in the page, which shows %q", text, page, got)
		}
		if ours := signs(want, "&<>\"'"); signs(page, "&") != ours {
			t.Fatalf("%q is %q in the page, where %d & stand, want %d", text, page, signs(page, "&"), ours)
		}
		var got string
		if err := json.Unmarshal([]byte(`"`+quoted+`"`), &got); err != nil || got != "before"+want || strings.ContainsAny(quoted, "<>&") {
			t.Fatalf("%q is %q in JSON, which says %q, %v", text, quoted, got, err)
		}
	})
}

// signs returns how many of the signs are in a text.
func signs(text, which string) (n int) {
	for i := range len(which) {
		n += strings.Count(text, which[i:i+1])
	}
	return n
}

// shownOf returns a text with U+FFFD in place of each rune that is not shown, and of each byte
// that is of none.
func shownOf(text string) string {
	var b strings.Builder
	for _, r := range text { // of a byte that is of no rune, r is U+FFFD
		if hidden(r) {
			r = '\ufffd'
		}
		b.WriteRune(r)
	}
	return b.String()
}

// hidden reports whether a rune must not stand in an answer, by the list of Unicode.
func hidden(r rune) bool {
	return r < 0x20 || 0x7f <= r && r <= 0x9f || strings.ContainsRune("\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069", r)
}

// FuzzField holds the same of a row of the table and a member of JSON, whose name and value
// are both the sender's: but for the text between them the tags are ours. Seen to fail when
// a name, a value or a detail is not escaped, in a page and in JSON.
func FuzzField(f *testing.F) {
	for i, text := range texts {
		f.Add(text, texts[len(texts)-1-i], text, uint8(i))
	}
	n := New(Declaration{}, []byte("{}"))
	f.Fuzz(func(t *testing.T, name, value, detail string, fate uint8) {
		if _, own := fields[name]; own { // no header is written so
			return
		}
		kept := []Detail{{Value: detail}}
		form, of := Form{Lang: Lang(fate) % langs}, Fate(fate)%Fate(len(fates))
		row := string(n.Field(nil, form, name, value, of, kept))
		hollow := string(n.Field(nil, form, "", "", of, []Detail{{}}))
		for _, text := range []string{name, value, detail} {
			if !strings.Contains(row, string(HTML(nil, text))) {
				t.Fatalf("%q is not in the row %q", text, row)
			}
		}
		if signs(row, `<>"'`) != signs(hollow, `<>"'`) {
			t.Fatalf("the row %q has more tags than ours, %q", row, hollow)
		}
		var member struct {
			Field, Value, Fate string
			Kept               []struct{ Detail, Value string }
		}
		form.JSON = true
		text := n.Field([]byte("["), form, name, value, of, kept)[1:]
		if err := json.Unmarshal(text, &member); err != nil || member.Field != shownOf(name) || member.Value != shownOf(value) ||
			member.Fate != fates[of] || len(member.Kept) != 1 || member.Kept[0].Value != shownOf(detail) || strings.ContainsAny(string(text), "<>&") {
			t.Fatalf("the member %q says %+v, %v", text, member, err)
		}
		if most := 6*(len(name)+len(value)+len(detail)) + len(hollow) + 200; len(row) > most || len(text) > most {
			t.Fatalf("a row of %d bytes and a member of %d, want at most %d", len(row), len(text), most)
		}
	})
}
