package demo_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"oboro/cmd/oboro/demo"
)

// Seen to fail when body tells the page under an objection.
func TestPostTellsWhatTheBeaconTells(t *testing.T) {
	report := demo.Report{
		Address: "192.0.2.7", Agent: "Agent/1", Language: "ja", URL: site + "/licence",
		Referrer: "https://www.google.com/", Width: 390, Status: 200,
	}
	objecting, read := report, report
	objecting.Objects, read.Seconds = true, 42
	for _, tt := range []struct {
		name   string
		report demo.Report
		body   map[string]any
		gpc    string
	}{
		{"a view with its page", report, map[string]any{
			"u": site + "/licence", "r": "https://www.google.com/", "w": 390.0, "st": 200.0}, ""},
		{"how long its page was read", read, map[string]any{"u": site + "/licence", "e": "engaged", "s": 42.0, "st": 200.0}, ""},
		{"an objection without its page", objecting, map[string]any{"u": site + "/", "e": "objection"}, "1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var asked int
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				asked++
				text, _ := io.ReadAll(r.Body)
				var body map[string]any
				if err := json.Unmarshal(text, &body); err != nil {
					t.Errorf("the body is no JSON: %s", text)
				}
				for key, want := range tt.body {
					if body[key] != want {
						t.Errorf("the body tells %s = %v, want %v", key, body[key], want)
					}
				}
				if len(body) != len(tt.body) {
					t.Errorf("the body tells %v, want %v", body, tt.body)
				}
				got := []string{r.Method, r.URL.Path, r.Header.Get("X-Forwarded-For"), r.UserAgent(),
					r.Header.Get("Accept-Language"), r.Header.Get("Sec-GPC")}
				if want := []string{"POST", "/hit", "192.0.2.7", "Agent/1", "ja", tt.gpc}; !slices.Equal(got, want) {
					t.Errorf("the request says %q, want %q", got, want)
				}
				w.WriteHeader(http.StatusAccepted)
			}))
			defer server.Close()
			if err := demo.Post(t.Context(), server.Client(), server.URL, tt.report); err != nil || asked != 1 {
				t.Errorf("Post = %v after %d requests, want nil after 1", err, asked)
			}
		})
	}
}

// refusing is a transport that nothing may reach.
type refusing struct{ t *testing.T }

func (f refusing) RoundTrip(r *http.Request) (*http.Response, error) {
	f.t.Errorf("a report was sent to %s", r.URL.Host)
	return nil, context.Canceled
}

// Seen to fail when onLoopback accepts any address, and when it looks at the
// beginning of the host alone.
func TestPostStaysOnLoopback(t *testing.T) {
	client := &http.Client{Transport: refusing{t}}
	for _, collector := range []string{
		"http://192.0.2.1:8080", "http://[2001:db8::1]:8080", "http://0.0.0.0:8080", "http://example.jp",
		"http://127.0.0.1.example.jp", "http://localhost.example.jp", "http://127.0.0.1@example.jp",
		"https://127.0.0.1:8080", "http://127.0.0.1:8080/elsewhere", "127.0.0.1:8080", "", "http://",
	} {
		if err := demo.Post(t.Context(), client, collector, demo.Report{URL: site}); err == nil {
			t.Errorf("Post to %q = nil, want an error", collector)
		}
	}
}

// Seen to fail when Post follows redirects.
func TestPostFollowsNobody(t *testing.T) {
	var asked int
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
	}))
	defer server.Close()
	if err := demo.Post(t.Context(), server.Client(), server.URL, demo.Report{URL: site}); err == nil || asked != 1 {
		t.Errorf("Post = %v after %d requests, want an error after 1", err, asked)
	}
}

// Seen to fail when Post does not count.
func TestPostIsBounded(t *testing.T) {
	client := &http.Client{Transport: refusing{t}}
	many := make([]demo.Report, demo.MaxPost+1)
	if err := demo.Post(t.Context(), client, "http://127.0.0.1:1", many...); err == nil {
		t.Errorf("Post of %d reports = nil, want an error", len(many))
	}
}
