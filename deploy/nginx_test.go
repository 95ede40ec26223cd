package deploy_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"oboro/internal/loopback"
)

// server is a whole configuration around the snippet.
const server = `
daemon off;
master_process off;
pid %[1]s/nginx.pid;
error_log %[1]s/error.log info;
events {}
http {
  access_log %[1]s/access.log;
  client_body_temp_path %[1]s/body;
  proxy_temp_path %[1]s/proxy;
  fastcgi_temp_path %[1]s/fastcgi;
  uwsgi_temp_path %[1]s/uwsgi;
  scgi_temp_path %[1]s/scgi;
  server {
    listen %[2]s;
    include %[1]s/oboro.conf;
  }
}
`

// arranged writes a configuration with the snippet, whose collector is at that
// address, into a folder that nginx's own user may enter, and returns it.
func arranged(t *testing.T, listen, collector string) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "oboro-nginx-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	snippet := strings.ReplaceAll(read(t, "nginx/oboro.conf"), "127.0.0.1:8080", collector)
	for name, text := range map[string]string{"oboro.conf": snippet, "nginx.conf": fmt.Sprintf(server, dir, listen)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestNginxTakesTheSnippet runs nginx -t. Seen to fail when a directive is misspelt.
func TestNginxTakesTheSnippet(t *testing.T) {
	nginx := need(t, "nginx")
	dir := arranged(t, "127.0.0.1:8088", "127.0.0.1:8080")
	out, err := exec.Command(nginx, "-t", "-p", dir, "-c", filepath.Join(dir, "nginx.conf")).CombinedOutput()
	if err != nil {
		t.Errorf("nginx -t: %v\n%s", err, out)
	}
}

// TestNginxTellsTheCollectorTheRightAddress runs nginx with the snippet before a
// collector's stand-in: the address that the collector gets is the one that nginx
// has seen, no cookie or login comes through, and nothing that was sent is in any
// file. Of who has objected the flag comes through, and nothing beside it. Seen to fail with
// $proxy_add_x_forwarded_for, without the Cookie and Forwarded lines, with $http_cookie in
// place of the flag, and without access_log off.
func TestNginxTellsTheCollectorTheRightAddress(t *testing.T) {
	nginx := need(t, "nginx")
	got := make(chan http.Header, 1)
	collector := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got <- r.Header.Clone()
		w.WriteHeader(http.StatusAccepted)
	}))
	defer collector.Close()
	address := free(t)
	dir := arranged(t, address, collector.Listener.Addr().String())
	start(t, exec.Command(nginx, "-p", dir, "-c", filepath.Join(dir, "nginx.conf")), address)

	const canary = "oboro-canary-6c1d"
	post(t, "http://"+address+"/hit?q="+canary, canary)
	header := <-got
	if from := header.Values("X-Forwarded-For"); len(from) != 1 || from[0] != "127.0.0.1" {
		t.Errorf("the collector gets X-Forwarded-For %q, want the one address that nginx has seen, 127.0.0.1", from)
	}
	for _, name := range []string{"Forwarded", "Cookie", "Authorization"} {
		if value := header.Get(name); value != "" {
			t.Errorf("the collector gets %s: %s, want none", name, value)
		}
	}
	postWith(t, "http://"+address+"/hit", canary, "id="+canary+"; oboro_objection=1; a=b")
	if cookie := (<-got).Values("Cookie"); len(cookie) != 1 || cookie[0] != "oboro_objection=1" {
		t.Errorf("the collector gets Cookie %q of who has objected, want the flag alone", cookie)
	}
	postWith(t, "http://"+address+"/hit", canary, "oboro_objection="+canary)
	if cookie := (<-got).Get("Cookie"); cookie != "" {
		t.Errorf("the collector gets Cookie: %s, want none", cookie)
	}
	// A body that is too large is an error to nginx, and an error is a line to log.
	post(t, "http://"+address+"/hit?q="+canary, strings.Repeat(canary, 1000))
	wantNowhere(t, dir, canary)
}

// post sends a hit with the canary in every header that can name a person.
func post(t *testing.T, url, body string) {
	t.Helper()
	postWith(t, url, body, "id=oboro-canary-6c1d")
}

func postWith(t *testing.T, url, body, cookie string) {
	t.Helper()
	r, err := http.NewRequest(http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{
		"X-Forwarded-For": "192.0.2.7", "Forwarded": "for=192.0.2.8", "Cookie": cookie,
		"Authorization": "Basic oboro-canary-6c1d", "User-Agent": "oboro-canary-6c1d",
	} {
		r.Header.Set(name, value)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
}

// wantNowhere reads every file below dir for the canary.
func wantNowhere(t *testing.T, dir, canary string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if bytes.Contains(text, []byte(canary)) {
			t.Errorf("nginx wrote what a visitor sent into %s: %s", filepath.Base(path), text)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// free returns an address on which nobody listens.
func free(t *testing.T) string {
	t.Helper()
	addresses, err := loopback.Addresses(1)
	if err != nil {
		t.Fatal(err)
	}
	return addresses[0]
}

// start starts a server, waits until it listens, and ends it with the test.
func start(t *testing.T, command *exec.Cmd, address string) {
	t.Helper()
	var out bytes.Buffer
	command.Stdout, command.Stderr = &out, &out
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		command.Process.Kill()
		command.Wait()
	})
	for range 100 {
		if c, err := net.Dial("tcp", address); err == nil {
			c.Close()
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("nginx does not listen on %s", address)
}

// TestSnippetKeepsItsPromises holds the lines of each location that a promise
// rests on, also where there is no nginx. Seen to fail when the location of the
// published folder keeps its access log.
func TestSnippetKeepsItsPromises(t *testing.T) {
	snippet := read(t, "nginx/oboro.conf")
	locations := regexp.MustCompile(`(?ms)^location (\S.*?) \{$(.*?)^\}$`).FindAllStringSubmatch(snippet, -1)
	if len(locations) != 2 {
		t.Fatalf("the snippet has %d locations, want 2", len(locations))
	}
	cookies := []string{"proxy_set_header Cookie $oboro_flag;", `proxy_set_header Cookie "";`}
	for i, l := range locations {
		for _, line := range []string{"access_log off;", "error_log /dev/null crit;", cookies[i]} {
			if !strings.Contains(l[2], "\n    "+line+"\n") {
				t.Errorf("location %s lacks %s", l[1], line)
			}
		}
	}
	if !strings.Contains(locations[0][2], "\n    proxy_set_header X-Forwarded-For $remote_addr;\n") {
		t.Errorf("location %s does not replace X-Forwarded-For", locations[0][1])
	}
}
