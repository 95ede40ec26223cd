package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// folder answers like a web server with a published folder under /stats/.
func folder(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/stats/SHA256SUMS":
		fmt.Fprint(w, "sums")
	case "/stats/a b/100%/x?y#z/表.csv":
		fmt.Fprint(w, "odd name")
	case "/stats/index.html":
		http.Redirect(w, r, "./", http.StatusMovedPermanently)
	case "/stats/":
		fmt.Fprint(w, "home")
	case "/stats/around":
		http.Redirect(w, r, "around", http.StatusFound)
	case "/stats/broken":
		w.WriteHeader(http.StatusServiceUnavailable)
	case "/stats/gone":
		w.WriteHeader(http.StatusGone)
	case "/stats/cut":
		w.Header().Set("Content-Length", "100")
		fmt.Fprint(w, "cut off")
	case "/stats/large":
		for range 64 << 4 {
			w.Write(make([]byte, 64<<10))
		}
		fmt.Fprint(w, "!")
	default:
		http.NotFound(w, r)
	}
}

// TestRemote holds what a folder on a web server gives. Seen to fail when names are
// put into the address unescaped, when a status other than 404 is a missing file,
// when the size is not looked at, and when a body that was cut off is taken.
func TestRemote(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(folder))
	defer server.Close()
	for _, tt := range []struct {
		name, file, want string
		err              string // part of the error
		unfinished       bool
	}{
		{"a file", "SHA256SUMS", "sums", "", false},
		{"a name with what an address means otherwise", "a b/100%/x?y#z/表.csv", "odd name", "", false},
		{"an index page, which the server answers under its folder", "index.html", "home", "", false},
		{"a missing file", "data/nothing", "", fs.ErrNotExist.Error(), false},
		{"a file that is gone", "gone", "", fs.ErrNotExist.Error(), false},
		{"a redirect without end", "around", "", "on and on", false},
		{"a file that is too large", "large", "", "is larger than 64 MiB", false},
		{"a server that cannot now", "broken", "", "the server answered 503", true},
		{"a connection that ends early", "cut", "", "fetch cut: ", true},
		{"a way out of the folder", "../secret", "", fs.ErrInvalid.Error(), false},
		{"the folder itself", ".", "", fs.ErrInvalid.Error(), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, err := openRemote(t.Context(), server.URL+"/stats")
			if err != nil {
				t.Fatal(err)
			}
			defer r.client.CloseIdleConnections()
			got, err := fs.ReadFile(r, tt.file)
			if string(got) != tt.want || (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
				t.Errorf("ReadFile(%q) = %d bytes, %v, want %q and an error with %q", tt.file, len(got), err, tt.want, tt.err)
			}
			if (r.failed != nil) != tt.unfinished {
				t.Errorf("after it the check is unfinished because of %v, want so: %v", r.failed, tt.unfinished)
			}
			if _, err := fs.ReadDir(r, "."); err == nil {
				t.Error("ReadDir of a remote folder = nil, want an error: nothing can be listed")
			}
		})
	}
}

// TestRemoteStaysWhereItWasSent. Seen to fail when every redirect is followed.
func TestRemoteStaysWhereItWasSent(t *testing.T) {
	reached := false
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
	defer other.Close()
	server := httptest.NewServer(http.RedirectHandler(other.URL, http.StatusFound))
	defer server.Close()
	r, err := openRemote(t.Context(), server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer r.client.CloseIdleConnections()
	if _, err := fs.ReadFile(r, "SHA256SUMS"); !errors.Is(err, errElsewhere) || reached {
		t.Errorf("ReadFile that is sent to another port = %v, other server reached: %v, want %v and no", err, reached, errElsewhere)
	}
	if r.failed != nil {
		t.Errorf("the check is unfinished because of %v, want it to be a finding", r.failed)
	}
	for from, to := range map[string]string{
		"http://a.example/x":      "https://a.example/x",
		"https://a.example:444/x": "https://a.example:444/y/",
	} {
		if err := sameHost(request(t, to), []*http.Request{request(t, from)}); err != nil {
			t.Errorf("from %s to %s = %v, want it followed", from, to, err)
		}
	}
	for from, to := range map[string]string{
		"https://c.example/x":    "http://c.example/x",
		"http://a.example/x":     "http://a.example:81/x",
		"http://a.example:80/x":  "https://a.example:81/x",
		"https://a.example/x":    "https://b.a.example/x",
		"https://b.a.example/x/": "https://a.example/x/",
	} {
		if err := sameHost(request(t, to), []*http.Request{request(t, from)}); err == nil {
			t.Errorf("from %s to %s = nil, want it refused", from, to)
		}
	}
}

func request(t *testing.T, address string) *http.Request {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Request{URL: u}
}

// TestRemoteReadsNoMoreThanItsSum. Seen to fail when what was read is not taken off.
func TestRemoteReadsNoMoreThanItsSum(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(folder))
	defer server.Close()
	r, err := openRemote(t.Context(), server.URL+"/stats/")
	if err != nil {
		t.Fatal(err)
	}
	defer r.client.CloseIdleConnections()
	r.rest = int64(len("sums") + len("hom"))
	if _, err := r.ReadFile("SHA256SUMS"); err != nil {
		t.Errorf("the first file = %v, want nil", err)
	}
	if _, err := r.ReadFile("index.html"); !errors.Is(err, errLarge) {
		t.Errorf("a file beyond the sum = %v, want %v", err, errLarge)
	}
}

// TestRemoteAddresses holds which addresses name a folder, and that no proxy of the
// environment comes between. Seen to fail when Proxy is that of the environment, and
// when a query is passed over.
func TestRemoteAddresses(t *testing.T) {
	for address, ok := range map[string]bool{
		"https://www.example.lg.jp/stats/": true, "HTTPS://www.example.lg.jp": true, "http://127.0.0.1:8081/stats": true,
		"https://www.example.lg.jp/stats?x=1": false, "https://www.example.lg.jp/#x": false,
		"https://name:word@www.example.lg.jp/": false, "http://": false, "http://a b/": false,
	} {
		r, err := openRemote(t.Context(), address)
		if !isURL(address) || (err == nil) != ok {
			t.Errorf("openRemote(%q) = %v, want accepted: %v", address, err, ok)
		}
		if err == nil && r.client.Transport.(*http.Transport).Proxy != nil {
			t.Errorf("openRemote(%q) uses a proxy, want none", address)
		}
	}
	for _, place := range []string{"public", "/srv/stats", "./https", "https:", "ftp://www.example.lg.jp/"} {
		if isURL(place) {
			t.Errorf("isURL(%q) = true, want a folder on disk", place)
		}
	}
}
