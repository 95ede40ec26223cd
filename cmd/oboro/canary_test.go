package main

import (
	"bytes"
	"compress/gzip"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"oboro/internal/loopback"
)

// canaries are unmistakable strings, one for each way in which a person's details
// reach the program. None is sent by more than one visitor, but for a query that nobody
// declared.
var canaries = map[string]string{
	"address, v4":            "203.0.113.137",
	"address, v6":            "2001:db8:dead:beef::c0de",
	"address in Forwarded":   "2001:db8:feed:face::cafe",
	"address of a log, v4":   "198.51.100.213",
	"address of a log, v6":   "2001:db8:aaaa:bbbb::dada",
	"network":                "zqxnetworklive.co.jp",
	"network of a log":       "zqxnetworklogged.co.jp",
	"host name of a log":     "zqxhostlogged",
	"user agent":             "zqxagentlive",
	"user agent of a log":    "zqxagentlogged",
	"client hint":            "zqxhintlive",
	"hint of mobile":         "zqxmobilelive",
	"hint of the platform":   "zqxplatformlive",
	"hint nobody asks for":   "zqxmodellive",
	"language":               "zqxlanguage",
	"path":                   "zqxpathlive",
	"path of a log":          "zqxpathlogged",
	"path read":              "zqxpathread",
	"path read by nobody":    "zqxpathnobody",
	"next path":              "zqxpathnext",
	"path asked for in vain": "zqxmissinglive",
	"query":                  "zqxquerylive",
	"query of a log":         "zqxquerylogged",
	"query that many send":   "zqxquerymany",
	"declared parameter":     "zqxparameter",
	"source of a link":       "zqxutmsource",
	"medium of a link":       "zqxutmmedium",
	"campaign of a link":     "zqxutmcampaign",
	"campaign of a log":      "zqxutmlogged",
	"rest of a campaign":     "zqxutmrest",
	"campaign many send":     "zqxutmmany",
	"fragment":               "zqxfragment",
	"referrer host":          "zqxreferrerhost.example",
	"referrer path":          "zqxreferrerpath",
	"referrer query":         "zqxreferrerquery",
	"referrer of a log":      "zqxreferrerlogged",
	"cookie":                 "zqxcookie",
	"authorization":          "zqxauthorization",
	"unknown header":         "zqxheader",
	"event name":             "zqxeventname",
	"property":               "zqxproperty",
	"width":                  "zqxwidth",
	"wishes":                 "zqxwishes",
	"depth":                  "zqxdepth",
	"objection header":       "zqxgpc",
	"other objection header": "zqxdnt",
	"purpose":                "zqxpurpose",
	"malformed body":         "zqxmalformed",
	"aborted body":           "zqxaborted",
	"oversized body":         "zqxoversized",
	"request line":           "zqxrequestline",
	"unknown host":           "zqxunknownhost.example",
	"unknown route":          "zqxroute",
	"pixel":                  "zqxpixel",
	"malformed line":         "zqxmalformedline",
	"user of a log":          "zqxloguser",
	"e-mail in a path":       "zqxmail@zqxmail.example",
}

// shared is what three networks share: it must be found, or the search finds
// nothing at all.
var shared = []string{"zqxsharedpath", "zqxsharedhost.example", "zqxsharedlogged", "zqxsharednext", "zqxsharedkind", "zqxsharednetwork.co.jp", declaredTag}

// declaredTag is the beginning of campaigns that the site declares. In the configuration, which
// is searched too, it is written in another way.
const declaredTag = "zqxspring"

// TestCanary holds promise 1 and the rule on free text from outside: it runs the
// program whole, sends every canary by one visitor, live and in a log, and
// searches every byte that the program wrote or answered. Seen to fail when a label
// is admitted by one network, when a refused body is logged, when a bad URL is
// echoed, when a parameter or a tag of a link is kept that nobody declared, when of a campaign more is kept
// than its declared beginning, when the text of a label that waits is written to the state directory, when
// a hint, a wish, or a header of an objection that is none is printed, when an unsure guess or an import in a format
// of one's own quotes a line of the log, when a network is admitted by one truncated
// network, and when host names of a log are each a network of their own.
func TestCanary(t *testing.T) {
	c := newCanaryRun(t)
	c.start("2026-05-01T12:00:00+09:00")
	c.live()
	c.importLog()
	c.look("/", "/?lang=ja", "/api/v1/sites/demo/statistics/pages?from=2026-04-01&to=2026-05-01")
	time.Sleep(1500 * time.Millisecond) // one flush
	c.find("while it ran")
	for _, s := range shared {
		if c.times(s) == 0 {
			t.Errorf("%s was shared by three networks and is not found", s)
		}
	}
	c.stop(syscall.SIGTERM)
	c.start("2026-06-01T12:00:00+09:00")
	c.run("publish", "--out", "out")
	c.look("/", "/stats/", "/statistics/pages?from=2026-04-01&to=2026-05-31")
	c.stop(syscall.SIGKILL)
	c.find("after the seal, the release and a kill")
}

// nextPages is the statistic whose labels are pairs of pages.
const nextPages = `- id: next-pages
  title: {ja: 次のページ, en: Next pages}
  purpose: {ja: 次のページを知る。, en: See next pages.}
  dimensions: [page, next]
  measures: [visitors]
  grain: day
  retention: 25
  reach: 4
  audience: team
`

// regions is the statistic of prefectures.
const regions = `- id: regions
  title: {ja: 都道府県, en: Prefectures}
  purpose: {ja: 都道府県を知る。, en: See prefectures.}
  dimensions: [region]
  measures: [visitors]
  grain: day
  retention: 25
  audience: team
`

// A canaryRun is one folder and everything that the program answered.
type canaryRun struct {
	t         *testing.T
	work      string
	state     string
	cmd       *exec.Cmd
	logs      *os.File
	addresses map[string]string
	answers   bytes.Buffer
}

func newCanaryRun(t *testing.T) *canaryRun {
	c := &canaryRun{t: t, work: t.TempDir(), addresses: map[string]string{}}
	var err error
	if c.state, err = os.MkdirTemp("/dev/shm", "oboro-canary-"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(c.state) })
	for name, text := range map[string]string{
		"oboro.yaml":      c.networks() + "sites: [{id: demo, hosts: [localhost, 127.0.0.1], parameters: [kind], campaigns: {sources: [a], mediums: [b], names: [\"zqx\\x73pring*\", kill*]}}]\nflush: 1s\nstatistics: {off: [languages], files: [next-pages.yaml, regions.yaml]}\nlimits: {rate: 100000}\n",
		"next-pages.yaml": nextPages,
		"regions.yaml":    regions,
	} {
		if err := os.WriteFile(filepath.Join(c.work, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if c.logs, err = os.Create(filepath.Join(c.work, "stderr.log")); err != nil {
		t.Fatal(err)
	}
	return c
}

// networks writes files of places and networks, outside of the folder that is searched, and
// returns what the configuration says of them. Whole addresses are looked up.
func (c *canaryRun) networks() string {
	c.t.Helper()
	folder := c.t.TempDir()
	for name, file := range map[string][]string{
		"city.mmdb":    {"GeoLite2-City", "203.0.113.137/32=JP-13", "133.0.0.0/8=JP-26", "2001:db8::/32=US"},
		"domains.mmdb": {"GeoIP2-Domain", "203.0.113.137/32=" + canaries["network"], "133.0.0.0/8=" + shared[5]},
		"numbers.mmdb": {"GeoLite2-ASN", "203.0.113.0/24=AS16509"},
	} {
		data, err := networkFile(file[0], file[1:])
		if err != nil {
			c.t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, name), data, 0o600); err != nil {
			c.t.Fatal(err)
		}
	}
	return fmt.Sprintf("countries: %[1]s/city.mmdb\nnetworks: {domains: %[1]s/domains.mmdb, numbers: %[1]s/numbers.mmdb}\nexact_addresses: true\n", folder)
}

func (c *canaryRun) command(args ...string) *exec.Cmd {
	cmd := exec.Command("oboro", append(args, "--config", "oboro.yaml", "--data", "data", "--state", c.state)...)
	cmd.Dir = c.work
	cmd.Env = append(os.Environ(), "OBORO_TEST_NOISE=canary", "TMPDIR="+c.work)
	return cmd
}

func (c *canaryRun) start(now string) {
	c.t.Helper()
	addresses, err := loopback.Addresses(3)
	if err != nil {
		c.t.Fatal(err)
	}
	for i, name := range []string{"collect", "dashboards", "operators"} {
		c.addresses[name] = addresses[i]
	}
	c.cmd = c.command("serve", "--collect", c.addresses["collect"],
		"--dashboards", c.addresses["dashboards"], "--operators", c.addresses["operators"])
	c.cmd.Env = append(c.cmd.Env, "OBORO_TEST_NOW="+now)
	c.cmd.Stderr, c.cmd.Stdout = c.logs, c.logs
	if err := c.cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	cmd := c.cmd
	c.t.Cleanup(func() { cmd.Process.Kill() })
	for range 300 {
		if answer, err := http.Get("http://" + c.addresses["operators"] + "/readyz"); err == nil {
			answer.Body.Close()
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	c.t.Fatal("the program is not ready after 15 s")
}

func (c *canaryRun) stop(sig syscall.Signal) {
	c.t.Helper()
	c.look("/metrics")
	if err := c.cmd.Process.Signal(sig); err != nil {
		c.t.Fatal(err)
	}
	c.cmd.Wait()
}

// run runs another command, which the serving process does.
func (c *canaryRun) run(args ...string) {
	c.t.Helper()
	out, err := c.command(args...).CombinedOutput()
	c.answers.Write(out)
	if err != nil {
		c.t.Fatalf("%s: %v\n%s", args[0], err, out)
	}
}

// look keeps the answers of the dashboards or the operators' routes.
func (c *canaryRun) look(paths ...string) {
	c.t.Helper()
	for _, path := range paths {
		name := "dashboards"
		if path == "/metrics" {
			name = "operators"
		}
		answer, err := http.Get("http://" + c.addresses[name] + path)
		if err != nil {
			c.t.Fatal(err)
		}
		answer.Write(&c.answers)
		answer.Body.Close()
	}
}

// live sends the canaries to the collector.
func (c *canaryRun) live() {
	c.t.Helper()
	is := func(name string) string { return canaries[name] }
	chrome := "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 "
	page := "http://localhost/" + is("path") + "/?a=" + is("query") + "&kind=" + is("declared parameter") + linkOf(is("source of a link"), is("medium of a link"), is("campaign of a link")) + "#" + is("fragment")
	referrer := "https://" + is("referrer host") + "/" + is("referrer path") + "?q=" + is("referrer query")
	headers := "User-Agent: " + chrome + is("user agent") + "\r\nSec-CH-UA: \"" + is("client hint") +
		"\";v=\"1\"\r\nSec-CH-UA-Mobile: ?1;x=" + is("hint of mobile") + "\r\nSec-CH-UA-Platform: \"" + is("hint of the platform") +
		"\"\r\nSec-CH-UA-Model: \"" + is("hint nobody asks for") + "\"\r\nAccept-Language: " + is("language") + "\r\nCookie: id=" + is("cookie") +
		"\r\nAuthorization: Bearer " + is("authorization") + "\r\nX-Other: " + is("unknown header") +
		"\r\nSec-GPC: " + is("objection header") + "\r\nDNT: " + is("other objection header") + "\r\nSec-Purpose: " + is("purpose") + "\r\n"
	v4 := "X-Forwarded-For: " + is("address, v4") + "\r\n"
	v6 := "X-Forwarded-For: " + is("address, v6") + "\r\n"
	forwarded := "Forwarded: for=\"[" + is("address in Forwarded") + "]:4711\"\r\n"
	whole := fmt.Sprintf(`{"u":%q,"r":%q,"n":%q,"p":{"k":%q},"w":%q,"m":%q,"d":%q}`, page, referrer, is("event name"), is("property"), is("width"), is("wishes"), is("depth"))
	for range 3 { // three hits of one visitor share nothing
		c.send("202", "POST", "/hit", headers+v4, whole)
	}
	c.send("202", "POST", "/hit", headers+v6, whole)
	engaged := func(url string) string {
		return fmt.Sprintf(`{"u":%q,"e":"engaged","s":12,"n":%q,"p":{"k":%q}}`, url, is("event name"), is("property"))
	}
	for range 4 { // of a page viewed by few, and of one viewed by none
		c.send("202", "POST", "/hit", headers+v4, engaged(page))
		c.send("202", "POST", "/hit", headers+v6, engaged("http://localhost/"+is("path read")))
	}
	c.send("204", "POST", "/hit", headers+"X-Forwarded-For: 203.0.113.9\r\n", engaged("http://localhost/"+is("path read by nobody")))
	c.send("400", "POST", "/hit", headers+v4, `{"u":"http://localhost/`+is("path read")+`","e":"engaged","s":"`+is("property")+`"}`)
	c.send("200", "GET", "/hit.gif?e=engaged&s=3&u="+url.QueryEscape("http://localhost/"+is("pixel")), headers+v6, "")
	c.send("202", "POST", "/hit", headers+v6, `{"u":"http://localhost/`+is("next path")+`"}`)
	c.send("202", "POST", "/hit", headers+"X-Forwarded-For: 203.0.113.9\r\n", `{"u":"http://localhost/?x`+linkOf("a", is("medium of a link"), declaredTag+is("rest of a campaign"))+`"}`)
	c.send("202", "POST", "/hit", headers+v6, whole)
	c.send("202", "POST", "/hit", headers+forwarded, `{"u":"http://localhost/`+is("path asked for in vain")+`","st":404}`)
	c.send("202", "POST", "/hit", headers+v4, `{"u":"http://localhost/to/`+is("e-mail in a path")+`"}`)
	c.send("200", "GET", "/hit.gif?u="+url.QueryEscape("http://localhost/"+is("pixel")), headers+v6, "")
	c.send("400", "POST", "/hit", headers+v4, `{"u":"`+is("malformed body"))
	c.send("400", "POST", "/hit", headers+v4, `{"u":"http://`+is("unknown host")+`/"}`)
	c.send("400", "POST", "/hit", headers+v4, `{"u":"`+is("malformed body")+`"}`)
	c.send("413", "POST", "/hit", headers+v4, `{"u":"`+strings.Repeat(is("oversized body"), 1000)+`"}`)
	c.send("404", "GET", "/"+is("unknown route"), headers+v4, "")
	// What a page shows to who sent it is kept nowhere else: of these answers it is held that
	// they show it, and they are not searched.
	for _, target := range []string{"/transparency", "/transparency?format=json&x=" + is("query")} {
		answer := c.unkept("GET " + target + " HTTP/1.1\r\nHost: x\r\n" + headers + v4 + "Referer: " + referrer + "\r\nConnection: close\r\n\r\n")
		for _, name := range []string{"address, v4", "user agent", "client hint", "hint of mobile", "hint of the platform", "hint nobody asks for", "language", "cookie", "authorization", "unknown header", "referrer path"} {
			if !strings.Contains(answer, is(name)) {
				c.t.Errorf("GET %s does not show the %s that was sent", target, name)
			}
		}
	}
	c.send("200", "GET", "/opt-out?lang="+is("query"), headers+v4, "")
	c.send("200", "GET", "/.well-known/oboro.json?"+is("query"), headers+v6, "")
	c.send("403", "POST", "/opt-out?lang="+is("query"), headers+v4+"Origin: https://"+is("unknown host")+"\r\n", "objection=1")
	c.send("400", "POST", "/opt-out", headers+v4, "objection="+is("property"))
	c.send("204", "POST", "/hit", strings.Replace(headers, "Cookie: ", "Cookie: oboro_objection=1; ", 1)+v4, whole)
	c.raw("GARBAGE " + is("request line") + "\r\n\r\n")
	c.raw("POST /hit HTTP/1.1\r\nHost: x\r\n" + headers + v4 + "Content-Length: 4000\r\n\r\n{\"u\":\"" + is("aborted body"))
	for i := range 4 {
		from := fmt.Sprintf("X-Forwarded-For: 133.20%d.1.1\r\nUser-Agent: %s\r\n", i, chrome)
		c.send("202", "POST", "/hit", from, `{"u":"http://localhost/`+shared[0]+`/?a=`+is("query that many send")+`&kind=`+shared[4]+linkOf(is("campaign many send"), is("campaign many send"), is("campaign many send"))+`","r":"https://`+shared[1]+`/x"}`)
		c.send("202", "POST", "/hit", from, `{"u":"http://localhost/`+shared[3]+`/"}`)
	}
}

// linkOf returns what the maker of a link adds to the query of a page.
func linkOf(source, medium, campaign string) string {
	return "&utm_source=" + source + "&utm_medium=" + medium + "&utm_campaign=" + campaign
}

// send sends a request to the collector and checks the status of its answer.
func (c *canaryRun) send(status, method, target, headers, body string) {
	c.t.Helper()
	request := fmt.Sprintf("%s %s HTTP/1.1\r\nHost: x\r\n%sContent-Length: %d\r\nConnection: close\r\n\r\n%s",
		method, target, headers, len(body), body)
	if answer := c.raw(request); !strings.HasPrefix(answer, "HTTP/1.1 "+status+" ") {
		line, _, _ := strings.Cut(answer, "\r\n")
		c.t.Errorf("%s %.40s: answered %q, want %s", method, target, line, status)
	}
}

func (c *canaryRun) raw(request string) string {
	c.t.Helper()
	answer := c.unkept(request)
	c.answers.WriteString(answer)
	return answer
}

// unkept sends bytes to the collector, and returns its answer without keeping that among
// what is searched.
func (c *canaryRun) unkept(request string) string {
	c.t.Helper()
	conn, err := net.Dial("tcp", c.addresses["collect"])
	if err != nil {
		c.t.Fatal(err)
	}
	defer conn.Close()
	io.WriteString(conn, request) // a refused body may be cut short
	conn.(*net.TCPConn).CloseWrite()
	conn.SetReadDeadline(time.Now().Add(5 * time.Second))
	answer, _ := io.ReadAll(conn)
	return string(answer)
}

// importLog imports a log that holds the canaries of logs. It lies outside of the
// folder that is searched.
func (c *canaryRun) importLog() {
	c.t.Helper()
	is := func(name string) string { return canaries[name] }
	agent := "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0 "
	var b strings.Builder
	for i, address := range []string{is("address of a log, v4"), is("address of a log, v6")} {
		fmt.Fprintf(&b, "%s - %s [10/Apr/2026:10:00:0%d +0900] \"GET /%s/?q=%s%s HTTP/1.1\" 200 1 \"https://example.com/%s\" \"%s\"\n",
			address, is("user of a log"), i, is("path of a log"), is("query of a log"), linkOf("a", is("campaign of a log"), declaredTag+is("campaign of a log")), is("referrer of a log"), agent+is("user agent of a log"))
	}
	for i := range 12 { // enough for a cell of their own, and for one of no network
		fmt.Fprintf(&b, "%[1]s%[2]d.net%[2]d.%[3]s - - [10/Apr/2026:10:01:%02[2]d +0900] \"GET /%[1]s/ HTTP/1.1\" 200 1 \"-\" \"%[4]s\"\n",
			is("host name of a log"), i, is("network of a log"), agent)
		fmt.Fprintf(&b, "11.0.%d.1 - - [10/Apr/2026:10:01:%02d +0900] \"GET / HTTP/1.1\" 200 1 \"-\" \"%s\"\n", i, i, agent)
	}
	fmt.Fprintf(&b, "%s - - [nonsense] \"%s\n", is("address of a log, v4"), is("malformed line"))
	for i := range 30 {
		fmt.Fprintf(&b, "133.200.%d.1 - - [10/Apr/2026:11:00:%02d +0900] \"GET /%s/ HTTP/1.1\" 200 1 \"-\" \"%s\"\n", i, i, shared[2], agent)
	}
	for i := range 30 { // enough for (other) of pages, so that the table is kept
		for page := range 4 {
			fmt.Fprintf(&b, "133.200.%d.1 - - [10/Apr/2026:11:01:%02d +0900] \"GET /page%d/ HTTP/1.1\" 200 1 \"-\" \"%s\"\n", i, i, page, agent)
		}
	}
	path := filepath.Join(c.t.TempDir(), "access.log")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		c.t.Fatal(err)
	}
	c.run("import", "--site", "demo", "--json", path)
	for i, lines := range otherLogs(is, agent) {
		path := filepath.Join(c.t.TempDir(), fmt.Sprint("other", i))
		text := strings.ReplaceAll(lines, "DAY", fmt.Sprint(11+i))
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			c.t.Fatal(err)
		}
		c.run("import", "--site", "demo", "--json", path)
	}
	c.importCustom(is, agent)
	c.importNonsense(is)
}

// otherLogs are logs in other formats, each with a line of a visitor and one that does not
// parse. DAY stands for a day of April.
func otherLogs(is func(string) string, agent string) []string {
	v4, v6, ua := is("address of a log, v4"), is("address of a log, v6"), agent+is("user agent of a log")
	target, referrer := "/"+is("path of a log")+"/?q="+is("query of a log")+linkOf("a", "b", is("campaign of a log")), "https://example.com/"+is("referrer of a log")
	plus, bad := strings.ReplaceAll(ua, " ", "+"), is("malformed line")
	percent := strings.ReplaceAll(ua, " ", "%20")
	path, query, _ := strings.Cut(target, "?")
	return []string{
		fmt.Sprintf(`{"time_iso8601":"2026-04-DAYT10:00:00+09:00","remote_addr":%q,"remote_user":%q,"request":"GET %s HTTP/1.1","status":200,"http_referer":%q,"http_user_agent":%q}`,
			v4, is("user of a log"), target, referrer, ua) + "\n{\"time_iso8601\":\"" + bad + "\",\"" + bad + "\":\n",
		fmt.Sprintf(`{"ts":"2026-04-DAYT01:00:00Z","request":{"remote_ip":%q,"client_ip":%q,"method":"GET","host":"localhost","uri":%q,"headers":{"User-Agent":[%q],"Referer":[%q],"Cookie":[%q]}},"status":200}`,
			v4, v6, target, ua, referrer, bad) + "\n{\"" + bad + "\":{\"" + bad + "\n",
		"#Software: " + bad + "\n#Fields: date time c-ip cs-username cs-method cs-uri-stem cs-uri-query sc-status cs(Referer) cs(User-Agent) x-" + bad + "\n" +
			fmt.Sprintf("2026-04-DAY 01:00:00 %s %s GET %s %s 200 %s %s %s\n", v6, is("user of a log"), path, query, referrer, plus, bad) + "2026-04-DAY 99:00 " + bad + "\n",
		"#Fields: date time x-edge-location c-ip cs-method cs(Host) cs-uri-stem sc-status cs(Referer) cs(User-Agent) cs-uri-query x-host-header\n" +
			fmt.Sprintf("2026-04-DAY\t01:00:00\tNRT\t%s\tGET\tx\t%s\t200\t%s\t%s\t%s\tlocalhost\n", v4, path, referrer, percent, query) + bad + "\t" + bad + "\n",
		fmt.Sprintf("o b [DAY/Apr/2026:01:00:00 +0000] %s - R WEBSITE.GET.OBJECT k \"GET %s HTTP/1.1\" 200 - 1 1 1 1 %q %q - h - - - localhost\n", v4, target, referrer, ua) + "o b [" + bad + "\n",
		fmt.Sprintf("https 2026-04-DAYT01:00:00.1Z app/x %s:55 10.0.0.1:80 0 0 0 200 200 0 1 \"GET https://localhost:443%s HTTP/1.1\" %q - - arn %q\n", v4, target, ua, bad) + "https " + bad + "\n",
		fmt.Sprintf("2026-04-DAYT01:00:00.1Z lb %s:55 10.0.0.1:80 0 0 0 200 200 0 1 \"GET http://localhost:80%s HTTP/1.1\" %q - -\n", v4, target, ua) + bad + "\n",
		fmt.Sprintf("Apr DAY 10:00:00 h haproxy[1]: %s:55 [DAY/Apr/2026:10:00:00.123] in b/s 1/1/1/1/1 200 1 - - ---- 1/1/1/1/0 0/0 {%s} {} \"GET %s HTTP/1.1\"\n", v4, bad, target) + "Apr [" + bad + "\n",
		fmt.Sprintf(`{"ClientAddr":"%s:55","ClientHost":%q,"ClientUsername":%q,"DownstreamStatus":200,"RequestHost":"localhost","RequestMethod":"GET","RequestPath":%q,"StartUTC":"2026-04-DAYT01:00:00.1Z","request_User-Agent":%q,"request_Referer":%q,"request_Cookie":%q}`,
			v4, v4, is("user of a log"), target, ua, referrer, bad) + "\n{\"RequestPath\":\"" + bad + "\n",
		fmt.Sprintf("%s - %s [DAY/Apr/2026:01:00:00 +0000] \"GET %s HTTP/1.1\" 200 19 %q %q 5 %q \"http://10.0.0.1:80\" 2ms\n", v6, is("user of a log"), target, referrer, ua, bad) + bad + "\n",
		fmt.Sprintf("localhost:443 %s - %s [DAY/Apr/2026:10:00:00 +0900] \"GET %s HTTP/1.1\" 200 1 %q %q %s\n", v4, is("user of a log"), target, referrer, ua, bad) + "localhost:443 " + bad + "\n",
	}
}

// importCustom imports a log in formats that are written out, the second one packed, and holds
// that a format that is wrong is refused without a word of a line.
func (c *canaryRun) importCustom(is func(string) string, agent string) {
	c.t.Helper()
	ua, target := agent+is("user agent of a log"), "/"+is("path of a log")+"/?q="+is("query of a log")
	apache := fmt.Sprintf("%s|2026-04-27T10:00:00+0900|GET|%s|200|%s|%s\n%s\n", is("address of a log, v4"), target, ua, is("user of a log"), is("malformed line"))
	nginx := fmt.Sprintf("2026-04-28T10:00:00+09:00 %s \"GET %s HTTP/1.1\" 200 \"%s\" \"https://example.com/%s\" %s\n", is("address of a log, v6"), target, ua, is("referrer of a log"), is("malformed line"))
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	w.Write([]byte(nginx))
	if err := w.Close(); err != nil {
		c.t.Fatal(err)
	}
	for format, text := range map[string]string{
		`%a|%{%Y-%m-%dT%H:%M:%S%z}t|%m|%U%q|%>s|%{User-Agent}i|%u`:                            apache,
		`$time_iso8601 $remote_addr "$request" $status "$http_user_agent" "$http_referer" $_`: packed.String(),
	} {
		path := filepath.Join(c.t.TempDir(), "custom")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			c.t.Fatal(err)
		}
		c.run("import", "--site", "demo", "--json", "--format", format, path)
		out, err := c.command("import", "--site", "demo", "--json", "--format", "alb", path).CombinedOutput()
		c.answers.Write(out)
		if err == nil {
			c.t.Errorf("a log of another format is imported: %s", out)
		}
	}
}

// importNonsense imports what is no log, or of another host: that is said without a word of it.
func (c *canaryRun) importNonsense(is func(string) string) {
	c.t.Helper()
	path := filepath.Join(c.t.TempDir(), "nonsense")
	for _, text := range []string{
		strings.Repeat(is("malformed line")+" "+is("address of a log, v4")+"\n", 3),
		"\x1f\x8b" + is("malformed line"), "BZh9" + is("malformed line"), "\x28\xb5\x2f\xfd" + is("malformed line"),
		is("unknown host") + ":80 192.0.2.1 - - [20/Apr/2026:10:00:00 +0900] \"GET / HTTP/1.1\" 200 1\n",
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			c.t.Fatal(err)
		}
		out, err := c.command("import", "--site", "demo", "--json", path).CombinedOutput()
		c.answers.Write(out)
		if err == nil {
			c.t.Errorf("what is no log of the site is imported: %s", out)
		}
	}
}

// everything returns what the program wrote and answered, by place.
func (c *canaryRun) everything() map[string][]byte {
	c.t.Helper()
	all := map[string][]byte{"answers": c.answers.Bytes()}
	for _, root := range []string{c.work, c.state} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			all["name of "+path] = []byte(path)
			if err != nil || !d.Type().IsRegular() {
				return err
			}
			all[path], err = os.ReadFile(path)
			return err
		})
		if err != nil {
			c.t.Fatal(err)
		}
	}
	return all
}

func (c *canaryRun) find(when string) {
	c.t.Helper()
	for place, content := range c.everything() {
		for name, canary := range canaries {
			if form := found(content, canary); form != "" {
				c.t.Errorf("%s: %s is found in %s, %s", when, name, place, form)
			}
		}
	}
}

func (c *canaryRun) times(text string) int {
	n := 0
	for _, content := range c.everything() {
		n += bytes.Count(content, []byte(text))
	}
	return n
}

// found returns the form in which content holds the canary, or nothing.
func found(content []byte, canary string) string {
	lower := bytes.ToLower(content)
	for form, needle := range forms(canary) {
		where := content
		if form == "raw" || strings.HasPrefix(form, "hex") || form == "percent-encoded" {
			where, needle = lower, strings.ToLower(needle)
		}
		if len(needle) > 0 && bytes.Contains(where, []byte(needle)) {
			return form
		}
	}
	return ""
}

// forms returns what a canary looks like in the usual encodings and hashes.
func forms(canary string) map[string]string {
	all := map[string]string{
		"raw":             canary,
		"percent-encoded": percent(canary),
		"reversed":        reversed(canary),
	}
	encodings := map[string][]byte{"": []byte(canary)}
	if address, err := netip.ParseAddr(canary); err == nil && address.Is6() {
		bytes := address.As16()
		encodings["bytes, "] = bytes[:]
		all["bytes"] = string(bytes[:])
	}
	sum5, sum1, sum2 := md5.Sum([]byte(canary)), sha1.Sum([]byte(canary)), sha256.Sum256([]byte(canary))
	for name, sum := range map[string][]byte{"MD5": sum5[:], "SHA-1": sum1[:], "SHA-256": sum2[:]} {
		all[name] = string(sum[:8])
		encodings[name+", "] = sum[:12]
	}
	for name, bytes := range encodings {
		all["hex "+name] = hex.EncodeToString(bytes)
		for shift := range 3 { // base64 of a longer text that holds it
			text := base64.StdEncoding.EncodeToString(append(make([]byte, shift), bytes...))
			text = strings.TrimRight(text, "=")
			from, to := []int{0, 2, 3}[shift], len(text)-1
			all[fmt.Sprintf("base64 %s%d", name, shift)] = text[from:to]
			all[fmt.Sprintf("base64url %s%d", name, shift)] = strings.NewReplacer("+", "-", "/", "_").Replace(text[from:to])
		}
	}
	return all
}

func percent(s string) string {
	var b strings.Builder
	for i := range len(s) {
		fmt.Fprintf(&b, "%%%02x", s[i])
	}
	return b.String()
}

func reversed(s string) string {
	b := []byte(s)
	for i := range len(b) / 2 {
		b[i], b[len(b)-1-i] = b[len(b)-1-i], b[i]
	}
	return string(b)
}

// TestCanaryIsFound holds the search itself: each form of a canary, in the middle
// of other bytes, is found.
func TestCanaryIsFound(t *testing.T) {
	for name, canary := range canaries {
		for form, text := range forms(canary) {
			for _, before := range []string{"", "x", "xy"} {
				content := []byte(before + text + "zz")
				if found(content, canary) == "" {
					t.Errorf("%s: the form %q is not found", name, form)
				}
			}
		}
		for before := range 3 {
			text := base64.StdEncoding.EncodeToString([]byte("abc"[:before] + canary + "tail"))
			if found([]byte(text), canary) == "" {
				t.Errorf("%s: not found in base64 behind %d bytes", name, before)
			}
		}
	}
}
