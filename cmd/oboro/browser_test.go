package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"oboro/internal/testkit"
)

// TestBrowserCountsOnce follows a real Chromium from the line of HTML that a site
// embeds to the figure on the team's page: a page, a click and the way back are
// three views of one visitor. Seen to fail when the beacon sends a view twice, and
// when the way back is not told.
func TestBrowserCountsOnce(t *testing.T) {
	browser := testkit.Browser(t)
	c := newCanaryRun(t)
	c.start(time.Now().Format(time.RFC3339))
	site := httptest.NewServer(embedding(t, c.addresses["collect"]))
	defer site.Close()
	ctx, cancel := context.WithTimeout(browser, time.Minute)
	defer cancel()
	err := chromedp.Do(ctx, chromedp.Navigate(site.URL+"/"))
	if err == nil {
		c.awaitKept(1)
		err = chromedp.Do(ctx, chromedp.Click(chromedp.ID("next")))
	}
	if err == nil {
		c.awaitKept(2)
		// NavigateBack waits for a load that a page out of the cache never has.
		_, err = chromedp.Run(ctx, chromedp.Evaluate[string](`history.back(), ""`))
	}
	if err != nil {
		t.Fatal(err)
	}
	c.awaitKept(3)
	time.Sleep(1500 * time.Millisecond) // one flush, and time for a hit too many
	c.awaitKept(3)
	if page := c.page("/?lang=en"); !strings.Contains(page, ">3<") {
		t.Errorf("the team's page does not show 3 views taken in:\n%.2000s", page)
	}
	c.stop(syscall.SIGTERM)
}

// embedding is a site of two pages behind a proxy that passes the collector's
// routes on, as deploy/nginx does. Chromium without a window names itself a robot,
// so the proxy gives it the name that it has with one.
func embedding(t *testing.T, collect string) http.Handler {
	target := &url.URL{Scheme: "http", Host: collect}
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.SetXForwarded()
		r.Out.Header.Set("User-Agent", strings.ReplaceAll(r.In.UserAgent(), "Headless", ""))
	}}
	mux := http.NewServeMux()
	mux.Handle("/oboro.js", proxy)
	mux.Handle("/hit", proxy)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, `<!DOCTYPE html><html lang="en"><title>t</title><script defer src="/oboro.js"></script><a id="next" href="/next">next</a>`)
	})
	return mux
}

// page returns the body of a page of the dashboards.
func (c *canaryRun) page(path string) string {
	c.t.Helper()
	answer, err := http.Get("http://" + c.addresses["dashboards"] + path)
	if err != nil {
		c.t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return string(body)
}

// awaitKept waits until the collector has counted n hits, and fails at more.
func (c *canaryRun) awaitKept(n int) {
	c.t.Helper()
	c.await("kept", n)
}

// await waits until n requests have had that outcome, and fails at more.
func (c *canaryRun) await(outcome string, n int) {
	c.t.Helper()
	var kept int
	for range 100 {
		answer, err := http.Get("http://" + c.addresses["operators"] + "/metrics")
		if err != nil {
			c.t.Fatal(err)
		}
		body, err := io.ReadAll(answer.Body)
		answer.Body.Close()
		if err != nil {
			c.t.Fatal(err)
		}
		_, rest, _ := strings.Cut(string(body), `oboro_collector_hits_total{outcome="`+outcome+`"} `)
		fmt.Sscan(rest, &kept)
		if kept >= n {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	if kept != n {
		c.t.Fatalf("%d requests are counted as %s, want %d", kept, outcome, n)
	}
}
