package logline_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"oboro/collector/internal/logline"
)

var tokyo = time.FixedZone("", 9*3600)

func format(t testing.TB, text string) *logline.Format {
	t.Helper()
	f, fault := logline.NewFormat(text, tokyo)
	if fault != "" {
		t.Fatalf("NewFormat(%s): %s", text, fault)
	}
	return f
}

// Lines of forms beside those of testdata. Seen to fail when the first of two hosts counts
// whatever its rank, when a key inside an object is taken without the names around it, when a
// list's last value counts, when an escaped quote ends a field, and when a missing User-Agent of Caddy
// is taken for one that cannot be told.
func TestFormats(t *testing.T) {
	const nginx = `$remote_addr [$time_local] "$request" $status "$http_user_agent"`
	for _, tt := range []struct {
		name, format, line string
		want               fields
		common             bool
	}{
		{"JSON with spaces, in any order, with unknown keys", "json",
			` { "status" : 200 , "x": {"status": 500, "y": [[], {}]}, "request": "GET /a HTTP/1.1", "ts":1, "client_ip":"192.0.2.1", "z": false, "e": -1.5E+3 } `,
			fields{"", "192.0.2.1", "", "1", "GET", "/a", "200", "", ""}, true},
		{"JSON with the better of two names first", "json",
			`{"http_host":"a.example","server_name":"_","remote_addr":"192.0.2.1","ip":"192.0.2.2","msec":"1.5","time":"2","request_uri":"/a?b","uri":"/index","method":"GET","status":"404"}`,
			fields{"a.example", "192.0.2.1", "", "1.5", "GET", "/a?b", "404", "", ""}, true},
		{"JSON with the better of two names last", "json",
			`{"server_name":"_","http_host":"a.example","ip":"192.0.2.2","remote_addr":"192.0.2.1","time":"2","msec":"1.5","uri":"/index","request_uri":"/a?b","method":"GET","status":"404"}`,
			fields{"a.example", "192.0.2.1", "", "1.5", "GET", "/a?b", "404", "", ""}, true},
		{"JSON with a list", "json", `{"ts":1,"remote_ip":["192.0.2.1","192.0.2.2"],"request":"GET / HTTP/1.1","status":200,"user_agent":["A","B"]}`,
			fields{"", "192.0.2.1", "", "1", "GET", "/", "200", "", "A"}, false},
		{"JSON of Caddy without a User-Agent", "caddy", `{"ts":1,"request":{"remote_ip":"192.0.2.1","method":"GET","uri":"/","headers":{}},"status":200}`,
			fields{"", "192.0.2.1", "", "1", "GET", "/", "200", "", ""}, false},
		{"JSON of a request that is none", "json", `{"ts":1,"remote_ip":"192.0.2.1","request":"\u0016\u0003","status":400,"user_agent":""}`,
			fields{"", "192.0.2.1", "", "1", "", "", "400", "", ""}, false},
		{"JSON with quotes and backslashes", "json", `{"ts":1,"remote_ip":"192.0.2.1","request":"GET /\"a\\ HTTP/1.1","status":200,"user_agent":"\\\"\\"}`,
			fields{"", "192.0.2.1", "", "1", "GET", `/\"a\\`, "200", "", `\\\"\\`}, false},
		{"nginx with an escaped quote", nginx, `192.0.2.1 [` + stamp + `] "GET /\x22 HTTP/1.1" 200 "A \" B\\"`,
			fields{"", "192.0.2.1", "", stamp, "GET", `/\x22`, "200", "", `A \" B\\`}, false},
		{"nginx with a quote that is not escaped", nginx, `192.0.2.1 [` + stamp + `] "GET / HTTP/1.1" 200 "A" B"`,
			fields{"", "192.0.2.1", "", stamp, "GET", "/", "200", "", `A`}, false},
		{"nginx with more behind it", nginx, `192.0.2.1 [` + stamp + `] "-" 400 "-" more`,
			fields{"", "192.0.2.1", "", stamp, "", "", "400", "", ""}, false},
		{"nginx with path and query apart", `$msec $remote_addr $request_method ${uri}$is_args$args $status`, `1 192.0.2.1 GET /a?b=c 200`,
			fields{"", "192.0.2.1", "", "1", "GET", "/a?b=c", "200", "", ""}, true},
		{"Apache with the last field at the end", `%{sec}t %h %m %U %>s %{User-agent}i`, `1 192.0.2.1 GET /a 200 Mozilla 5 "x"`,
			fields{"", "192.0.2.1", "", "1", "GET", "/a", "200", "", `Mozilla 5 "x"`}, false},
		{"Apache with an address that a proxy named", `%{c}a %a %t "%r" %s 100%%`, `10.0.0.1 192.0.2.1 [` + stamp + `] "GET / HTTP/1.1" 200 100%`,
			fields{"", "192.0.2.1", "", stamp, "GET", "/", "200", "", ""}, true},
		{"columns that are named", "#Fields: c-ip date time cs-method cs-uri-stem cs-uri-query sc-status cs(User-Agent) x", `192.0.2.1 2026-04-01 00:08:07 GET /a b=c 200 A+B`,
			fields{"", "192.0.2.1", "", "00:08:07", "GET", "/a", "200", "", "A+B"}, false},
		{"columns in quotes", "#Fields: c-ip time cs-method cs-uri sc-status cs(User-Agent) cs(Referer)", `192.0.2.1 2026-04-01T00:08:07Z "GET" /a 200 "A \" B" "https://a.example/"`,
			fields{"", "192.0.2.1", "", "2026-04-01T00:08:07Z", "GET", "/a", "200", "https://a.example/", `A \" B`}, false},
		{"a column that begins with a quote", "#Fields: c-ip time cs-method cs-uri sc-status cs(User-Agent)", `192.0.2.1 1 GET /a 200 "A`,
			fields{"", "192.0.2.1", "", "1", "GET", "/a", "200", "", `"A`}, false},
		{"a balancer whose client left", "alb", `http 2026-04-01T00:08:07.1Z app/a 192.0.2.1:5 - -1 -1 -1 - - 0 0 "- http://a.example:80- -" "-" - -`,
			fields{"", "192.0.2.1", "", "2026-04-01T00:08:07.1Z", "", "", "-", "", ""}, false},
		{"HAProxy without a header, over IPv6", "haproxy", `2001:db8::1:33317 [06/Feb/2026:12:14:14.655] in~ b/s 10/0/30/69/109 -1 0 - - CR-- 1/1/1/1/0 0/0 "<BADREQ>"`,
			fields{"", "2001:db8::1", "", "06/Feb/2026:12:14:14.655", "", "", "-1", "", ""}, true},
		{"S3 without a request", "s3", `o b [` + stamp + `] 192.0.2.1 - 3E S3.EXPIRE.OBJECT k - 204 - - - - - - - - - - - - - -`,
			fields{"", "192.0.2.1", "", stamp, "", "", "204", "", ""}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			line := []byte(tt.line + "\r\n")
			var l logline.Line
			_, v := format(t, tt.format).Read(line, &l, new(logline.Clock))
			if got := read(l, line); v != logline.Fits || got != tt.want || l.Common != tt.common {
				t.Errorf("verdict %d, %+v, common %v, want %+v, %v", v, got, l.Common, tt.want, tt.common)
			}
		})
	}
}

func TestFormatsRefuse(t *testing.T) {
	for _, tt := range []struct {
		format, line string
		want         logline.Verdict
	}{
		{"json", ``, logline.Misfit},
		{"json", `[]`, logline.Misfit},
		{"json", `{"ts":1,"remote_ip":"192.0.2.1","request":"GET / HTTP/1.1","status":200`, logline.Misfit},
		{"json", `{"ts":1,"remote_ip":"192.0.2.1","request":"GET / HTTP/1.1","status":200} x`, logline.Misfit},
		{"json", `{"ts":1,"remote_ip":"192.0.2.1","request":"GET / HTTP/1.1","status":200,}`, logline.Misfit},
		{"json", `{"ts":1,"remote_ip":"192.0.2.1","request":"GET / HTTP/1.1","status":20000}`, logline.Misfit},
		{"json", `{"remote_ip":"192.0.2.1","request":"GET / HTTP/1.1","status":200}`, logline.Misfit},
		{"json", `{"ts":"x","remote_ip":"192.0.2.1","request":"GET / HTTP/1.1","status":200}`, logline.Untimed},
		{"json", strings.Repeat(`{"a":`, 100) + "1" + strings.Repeat(`}`, 100), logline.Misfit},
		{"w3c", `2026-04-01 00:00:00 192.0.2.1 GET / 200`, logline.Misfit},
		{"w3c", `#Fields: date time`, logline.Comment},
		{"w3c", `#`, logline.Comment},
		{"combined", `#Fields: date time`, logline.Misfit},
		{"combined", `192.0.2.1 - - [31/Feb/2026:09:08:07 +0900] "GET / HTTP/1.1" 200 1`, logline.Untimed},
		{"haproxy", `[06/Feb/2026:12:14:14.655]`, logline.Misfit},
		{"haproxy", ` [06/Feb/2026:12:14:14.655] `, logline.Misfit},
		{`$remote_addr $status`, ``, 0},
		{`$msec $remote_addr $status $uri`, ``, 0},
		{`$msec $remote_addr $request_method$uri $status`, ``, 0},
		{`%h %t "%r" %{`, ``, 0},
		{`%h %t "%r" %`, ``, 0},
		{`$`, ``, 0},
		{`#Fields: date`, ``, 0},
		{`nonsense`, ``, 0},
		{strings.Repeat(`$msec `, 9000), ``, 0},
	} {
		f, fault := logline.NewFormat(tt.format, tokyo)
		if (fault != "") != (tt.line == "" && tt.want == 0) {
			t.Errorf("NewFormat(%.60s) has the fault %q", tt.format, fault)
		}
		if fault != "" {
			continue
		}
		var l logline.Line
		if _, v := f.Read([]byte(tt.line), &l, new(logline.Clock)); v != tt.want {
			t.Errorf("%s: the verdict on %.80s is %d, want %d", tt.format, tt.line, v, tt.want)
		}
	}
}

// Times in all forms. Seen to fail when a zone is read with the wrong sign, when milliseconds
// are taken for seconds, and when a time without a zone is of UTC.
func TestMoments(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"17/May/2015:10:05:03 +0000", "2015-05-17T10:05:03Z"},
		{"[17/May/2015:10:05:03 -0330]", "2015-05-17T13:35:03Z"},
		{"17/May/2015:10:05:03", "2015-05-17T01:05:03Z"},
		{"17/May/2015:10:05:03.655", "2015-05-17T01:05:03Z"},
		{"17/May/2015:10:05:03.655 +0100", "2015-05-17T09:05:03Z"},
		{"2015-05-17T10:05:03Z", "2015-05-17T10:05:03Z"},
		{"2015-05-17t10:05:03.123456789z", "2015-05-17T10:05:03Z"},
		{"2015-05-17T10:05:03+09:00", "2015-05-17T01:05:03Z"},
		{"2015-05-17T10:05:03,5-0930", "2015-05-17T19:35:03Z"},
		{"2015-05-17 10:05:03 +0900", "2015-05-17T01:05:03Z"},
		{"2015-05-17 10:05:03", "2015-05-17T01:05:03Z"},
		{"0", "1970-01-01T00:00:00Z"},
		{"1431857103", "2015-05-17T10:05:03Z"},
		{"1431857103.524", "2015-05-17T10:05:03Z"},
		{"1431857103524", "2015-05-17T10:05:03Z"},
		{"1431857103524.9", "2015-05-17T10:05:03Z"},
		{"1431857103524000", "2015-05-17T10:05:03Z"},
		{"1431857103524000000", "2015-05-17T10:05:03Z"},
		{"", ""}, {"x", ""}, {"-1", ""}, {"1.", ""}, {".5", ""}, {"1e9", ""}, {"99999999999999999999", ""}, {"1969-05-17T10:05:03Z", ""},
		{"2015-02-29T10:05:03Z", ""}, {"2015-13-17T10:05:03Z", ""}, {"2015-05-17T24:05:03Z", ""}, {"2015-05-17T10:05:03X", ""},
		{"2015-05-17T10:05:03+24:00", ""}, {"2015-05-17T10:05:03+9", ""}, {"2015-05-17", ""}, {"17/May/2015:10:05:03 +00:0x", ""},
	} {
		got, ok := logline.Moment([]byte(tt.text), tokyo)
		if at := time.Unix(got, 0).UTC().Format(time.RFC3339); ok != (tt.want != "") || ok && at != tt.want {
			t.Errorf("the moment of %q is %s, %v, want %q", tt.text, at, ok, tt.want)
		}
	}
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip("no zone files")
	}
	if got, ok := logline.Moment([]byte("17/May/2015:10:05:03.655"), berlin); !ok || got != 1431849903 {
		t.Errorf("in Berlin in summer it is %d, %v, want 1431849903", got, ok)
	}
}

// A guess that is not sure says so. Seen to fail when half of the lines need not fit, when
// the last line, of which only a part is there, is looked at, and when what HAProxy writes is
// found within a line of Traefik's that names a user.
func TestGuesses(t *testing.T) {
	const good = `192.0.2.1 - - [` + stamp + `] "GET / HTTP/1.1" 200 1` + "\n"
	const named = `192.0.2.1 - taro [` + stamp + `] "GET / HTTP/1.1" 200 1 "-" "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0" 5 "r@docker" "http://10.0.0.1:80" 2ms` + "\n"
	const object = `{"ts":1,"remote_ip":"192.0.2.1","request":"GET / HTTP/1.1","status":200}` + "\n"
	for _, tt := range []struct {
		name, head, want string
		fits, of         int
		sure             bool
	}{
		{"nothing", "", "combined", 0, 0, true},
		{"empty lines", "\r\n\n", "combined", 0, 0, true},
		{"comments alone", "#Software: x\n#Version: 1.0\n", "w3c", 0, 0, true},
		{"one line", good, "combined", 1, 1, true},
		{"Traefik's line with a user", named, "combined", 1, 1, true},
		{"half of the lines", good + "nonsense\n", "combined", 1, 2, true},
		{"less than half of the lines", good + "nonsense\nnonsense\n", "combined", 1, 3, false},
		{"nonsense", "nonsense\n", "combined", 0, 1, false},
		{"two formats", good + object, "combined", 1, 2, false},
		{"two formats, one of them more", good + object + object, "json", 2, 3, true},
		{"a line cut short", object + good[:20], "json", 1, 1, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g := logline.Guesses([]byte(tt.head), false, tokyo)
			if g.Format.Name() != tt.want || g.Fits != tt.fits || g.Of != tt.of || g.Sure != tt.sure {
				t.Errorf("guess: %s, %d of %d, sure %v, want %s, %d of %d, %v", g.Format.Name(), g.Fits, g.Of, g.Sure, tt.want, tt.fits, tt.of, tt.sure)
			}
		})
	}
	if g := logline.Guesses([]byte("nonsense"), true, tokyo); g.Of != 1 {
		t.Errorf("of a whole log without a line break %d lines are looked at, want 1", g.Of)
	}
}

func TestAssetsByRule(t *testing.T) {
	own, bad, ok := logline.NewAssets([]string{"XYZ", "html"}, []string{"PDF", "webmanifest"})
	if !ok {
		t.Fatalf("%q is refused", bad)
	}
	for target, want := range map[string]bool{"/a.xyz": true, "/a.HTML": true, "/a.pdf": false, "/a.webmanifest": false, "/a.css": true, "/a": false} {
		line := []byte(`192.0.2.1 - - [` + stamp + `] "GET ` + target + ` HTTP/1.1" 200 1`)
		l, _ := logline.Parse(line)
		if got := own.Has(&l, line); got != want {
			t.Errorf("%s is an asset: %v, want %v", target, got, want)
		}
	}
	for _, name := range []string{"", ".pdf", "a b", "ninebytes", "é"} {
		if _, bad, ok := logline.NewAssets([]string{name}, nil); ok || bad != name {
			t.Errorf("the extension %q is taken", name)
		}
	}
	if _, _, ok := logline.NewAssets(strings.Fields(strings.Repeat("a ", logline.MoreAssets+1)), nil); ok {
		t.Error("more extensions are taken than there is room for")
	}
}

// The type that a line names tells what has no extension. Seen to fail when it is not looked at.
func TestAssetsByType(t *testing.T) {
	f := format(t, `$msec $remote_addr "$request" $status "$sent_http_content_type"`)
	for kind, want := range map[string]bool{
		"text/html": false, "text/html; charset=utf-8": false, "TEXT/HTML;x": false, "application/xhtml+xml": false, "-": false,
		"application/pdf": true, "application/json; charset=utf-8": true, "image/png": true, "text/htmlx": true,
	} {
		line := []byte(`1 192.0.2.1 "GET /file HTTP/1.1" 200 "` + kind + `"`)
		var l logline.Line
		if _, v := f.Read(line, &l, new(logline.Clock)); v != logline.Fits || assets.Has(&l, line) != want {
			t.Errorf("what is sent as %s is an asset: %v (verdict %d), want %v", kind, assets.Has(&l, line), v, want)
		}
	}
}

// Each name is of one field, and none is too long to be met.
func TestNames(t *testing.T) {
	n := 0
	for name, times := range logline.NamesMet() {
		n++
		if times != 1 || len(name) >= logline.LongestName || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789") != "" {
			t.Errorf("the name %q is met %d times, or cannot be met", name, times)
		}
	}
	if n < 80 {
		t.Errorf("%d names, want more", n)
	}
}

// Reading lines of any format allocates nothing but what a W3C list of columns takes.
func TestFormatsDoNotAllocate(t *testing.T) {
	for _, name := range []string{"nginx.json", "caddy.json", "iis.log", "cloudfront.log", "s3.log", "alb.log", "haproxy.log"} {
		text, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		f := logline.Guesses(text, true, tokyo).Format
		var l logline.Line
		c := new(logline.Clock)
		last := text[bytes.LastIndexByte(text[:len(text)-1], '\n')+1:]
		for line := range bytes.Lines(text) {
			f.Read(line, &l, c)
		}
		if n := testing.AllocsPerRun(100, func() { f.Read(last, &l, c) }); n != 0 {
			t.Errorf("reading a line of %s allocates %v times, want 0", name, n)
		}
	}
}

// holds fails where a line has a field that is not within it, or that cannot be read.
func holds(t *testing.T, l *logline.Line, line []byte) {
	t.Helper()
	for i, s := range []logline.Span{l.Host, l.Address, l.User, l.Time, l.Date, l.Method, l.Target, l.Query, l.Status, l.Referrer, l.Agent, l.Forwarded, l.Type} {
		if s.To < s.From || int(s.To) > len(line) {
			t.Fatalf("field %d of %q is %v", i, line, s)
		}
		if text := l.Text(s, line); len(text) > 3*len(s.In(line)) || l.Plain(s, line) && text != string(s.In(line)) {
			t.Fatalf("field %d of %q is %q", i, line, text)
		}
	}
	if (l.Method == logline.Span{}) != (l.Target == logline.Span{}) || l.Address == (logline.Span{}) || l.Status == (logline.Span{}) || l.Time == (logline.Span{}) {
		t.Fatalf("%q: a field is missing: %+v", line, l)
	}
	assets.Has(l, line)
}

func fuzz(f *testing.F, files []string, formats ...string) {
	for _, name := range files {
		text, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		for line := range bytes.Lines(text) {
			f.Add(line)
		}
	}
	var all []*logline.Format
	for _, text := range formats {
		all = append(all, format(f, text))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		before := bytes.Clone(line)
		for _, f := range all {
			var l logline.Line
			at, v := f.Read(line, &l, new(logline.Clock))
			if v == logline.Fits {
				holds(t, &l, line)
			}
			if same, ok := f.Dated(line, new(logline.Clock)); ok != (v == logline.Fits) || ok && same != at {
				t.Fatalf("%q is dated %d, %v, and read as %d, verdict %d", line, same, ok, at, v)
			}
		}
		if !bytes.Equal(line, before) {
			t.Fatal("a line was changed")
		}
	})
}

func FuzzJSON(f *testing.F) {
	fuzz(f, []string{"nginx.json", "nginx-default.json", "apache.json", "caddy.json", "traefik.json"}, "json")
}

func FuzzColumns(f *testing.F) {
	fuzz(f, []string{"iis.log", "w3c.log", "cloudfront.log", "s3.log", "elb.log", "alb.log"}, "w3c", "s3", "elb", "alb",
		"#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) sc-status")
}

func FuzzTemplate(f *testing.F) {
	fuzz(f, []string{"haproxy.log", "apache-custom.log", "nginx-custom.log", "ltsv.log"}, "haproxy",
		`%{msec}t|%a|%m|%{Host}i|%U%q|%>s|"%{Referer}i"|"%{User-Agent}i"|%{Content-Type}o`,
		`$msec $host [$remote_addr] "$request" $status $bytes_sent "$http_referer" "$http_user_agent" "$http_x_forwarded_for"`,
		`time:$time_local\thost:$remote_addr\treq:$request\tstatus:$status\treferer:$http_referer\tua:$http_user_agent\tsize:$bytes_sent`)
}

// FuzzNewFormat holds that no text of an operator's, and no line under it, ends in a panic.
func FuzzNewFormat(f *testing.F) {
	for _, text := range []string{"combined", "#Fields: date time c-ip cs-uri sc-status cs-method", `LogFormat "%h %l %u %t \"%r\" %>s %b" common`,
		`log_format a '$remote_addr [$time_local]' ' "$request" $status';`, "%{x}t%%%!200,3^ti", "${msec}$is_args$args"} {
		f.Add(text, []byte(`192.0.2.1 - - [`+stamp+`] "GET / HTTP/1.1" 200 1`))
	}
	f.Fuzz(func(t *testing.T, text string, line []byte) {
		format, fault := logline.NewFormat(text, tokyo)
		if fault != "" {
			return
		}
		var l logline.Line
		if _, v := format.Read(line, &l, new(logline.Clock)); v == logline.Fits {
			holds(t, &l, line)
		}
	})
}

func FuzzMoment(f *testing.F) {
	for _, text := range []string{"17/May/2015:10:05:03 +0000", "2015-05-17T10:05:03.123+09:00", "1431857103.5", "[17/May/2015:10:05:03.1]"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		at, ok := logline.Moment(text, tokyo)
		if want, err := time.Parse(time.RFC3339, string(text)); ok && err == nil && want.Unix() != at {
			t.Errorf("the moment of %q is %d, package time reads %d", text, at, want.Unix())
		}
		if ok && at < -86400 {
			t.Errorf("the moment of %q is %d", text, at)
		}
	})
}

func BenchmarkFormats(b *testing.B) {
	for _, name := range []string{"combined.log", "nginx.json", "caddy.json", "iis.log", "cloudfront.log", "alb.log", "haproxy.log"} {
		text, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			b.Fatal(err)
		}
		f := logline.Guesses(text, true, tokyo).Format
		var lines [][]byte
		for line := range bytes.Lines(text) {
			if line[0] != '#' {
				lines = append(lines, line)
			} else {
				f.Read(line, new(logline.Line), new(logline.Clock))
			}
		}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			var l logline.Line
			c := new(logline.Clock)
			for i := 0; b.Loop(); i++ {
				f.Read(lines[i%len(lines)], &l, c)
			}
		})
	}
}
