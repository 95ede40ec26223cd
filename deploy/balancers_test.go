package deploy_test

import (
	"fmt"
	"io"
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
)

// A balancer is a proxy that spreads visitors over collectors.
type balancer struct {
	program string
	file    string                                // below balancers/
	whole   func(dir, listen, text string) string // the configuration around the file
	command func(program, path string) *exec.Cmd
}

var balancers = []balancer{
	{"nginx", "nginx.conf", func(dir, listen, text string) string {
		return fmt.Sprintf("daemon off;\nmaster_process off;\npid %[1]s/pid;\nerror_log %[1]s/error.log;\nevents {}\nhttp {\naccess_log off;\n"+
			"client_body_temp_path %[1]s/1;\nproxy_temp_path %[1]s/2;\nfastcgi_temp_path %[1]s/3;\nuwsgi_temp_path %[1]s/4;\nscgi_temp_path %[1]s/5;\n"+
			"%[2]s\nserver {\nlisten %[3]s;\nlocation / {\nproxy_pass http://oboro_collectors;\n}\n}\n}\n", dir, text, listen)
	}, func(program, path string) *exec.Cmd { return exec.Command(program, "-c", path) }},
	{"haproxy", "haproxy.cfg", func(_, listen, text string) string { return strings.Replace(text, "0.0.0.0:80", listen, 1) },
		func(program, path string) *exec.Cmd { return exec.Command(program, "-db", "-f", path) }},
	{"caddy", "Caddyfile", func(_, listen, text string) string {
		_, port, _ := net.SplitHostPort(listen)
		return strings.Replace(text, "http://stats.example.lg.jp:80", "http://:"+port, 1)
	}, func(program, path string) *exec.Cmd {
		c := exec.Command(program, "run", "--adapter", "caddyfile", "--config", path)
		c.Env = append(os.Environ(), "XDG_DATA_HOME="+filepath.Dir(path), "XDG_CONFIG_HOME="+filepath.Dir(path))
		return c
	}},
}

// TestBalancersKeepVisitorsTogether runs each proxy before three stand-ins of collectors: every
// address is sent to one of them, always the same; all three get some; and where one is taken
// out, nobody moves but who was there. Seen to fail with "least_conn" in place of nginx's hash
// and without "consistent", with HAProxy's "roundrobin" and without its hash-type, and with
// Caddy's "random".
func TestBalancersKeepVisitorsTogether(t *testing.T) {
	var collectors []string
	for i := range 3 {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, i) }))
		t.Cleanup(server.Close)
		collectors = append(collectors, server.Listener.Addr().String())
	}
	for _, b := range balancers {
		t.Run(b.program, func(t *testing.T) {
			program := need(t, b.program)
			all := b.spread(t, program, collectors)
			if again := b.spread(t, program, collectors); again != all {
				t.Error("after a new start visitors are sent elsewhere")
			}
			fewer := b.spread(t, program, collectors[:2])
			seen := map[byte]int{}
			for i := range all {
				seen[all[i]]++
				if all[i] != '2' && fewer[i] != all[i] {
					t.Errorf("visitor %d moves from %c to %c when collector 2 is taken out", i, all[i], fewer[i])
				}
			}
			if len(seen) != 3 {
				t.Errorf("the collectors get %v of %d visitors, want some for each", seen, len(all))
			}
		})
	}
}

// TestIngressSpreadsAsNginx: the controller writes the annotation of the ingress into its upstream as it
// stands, so it is the directive that nginx is run with above. Seen to fail with "ip_hash", and with the access log on.
func TestIngressSpreadsAsNginx(t *testing.T) {
	ingress, nginx := read(t, "balancers/ingress.yaml"), read(t, "balancers/nginx.conf")
	method := regexp.MustCompile(`nginx\.org/lb-method: "(.+)"`).FindStringSubmatch(ingress)
	if method == nil || !strings.Contains(nginx, "\n    "+method[1]+";\n") {
		t.Errorf("the ingress spreads by %q, and nginx.conf has no such directive", method)
	}
	for _, silent := range []string{`access-log-off: "true"`, `error-log-level: "emerg"`} {
		if !strings.Contains(ingress, silent) {
			t.Errorf("the ingress has no %s", silent)
		}
	}
}

// visitors is how many addresses send.
const visitors = 60

// spread starts the proxy before the collectors, and returns which of them each visitor is
// sent to, each time.
func (b balancer) spread(t *testing.T, program string, collectors []string) (which [visitors]byte) {
	t.Helper()
	dir, err := os.MkdirTemp("", "oboro-balancer-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	text := read(t, filepath.Join("balancers", b.file))
	for i, of := range []string{"10.0.0.1:8080", "10.0.0.2:8080", "10.0.0.3:8080"} {
		if i < len(collectors) {
			text = strings.ReplaceAll(text, of, collectors[i])
			continue
		}
		text = strings.ReplaceAll(strings.ReplaceAll(strings.ReplaceAll(text,
			"    server "+of+";\n", ""), "    server three "+of+"\n", ""), " "+of, "")
	}
	listen := free(t)
	path := filepath.Join(dir, b.file)
	if err := os.WriteFile(path, []byte(b.whole(dir, listen, text)), 0o644); err != nil {
		t.Fatal(err)
	}
	start(t, b.command(program, path), listen)
	for range 3 {
		for i := range visitors {
			got := asked(t, fmt.Sprintf("127.0.1.%d", i+1), listen)
			if which[i] != 0 && which[i] != got {
				t.Errorf("visitor %d is sent to %c, then to %c", i, which[i], got)
			}
			which[i] = got
		}
	}
	return which
}

// asked asks from an address of loopback, and returns which collector answers.
func asked(t *testing.T, from, address string) byte {
	t.Helper()
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}, Timeout: 10 * time.Second}
	client := http.Client{Transport: &http.Transport{DialContext: dialer.DialContext, DisableKeepAlives: true}, Timeout: 20 * time.Second}
	answer, err := client.Get("http://" + address + "/oboro.js")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil || len(body) != 1 {
		t.Fatalf("a collector answers %q, %v", body, err)
	}
	return body[0]
}
