// Package demo is a web site of a prefecture that does not exist, and a seeded
// simulation of the people who visit it.
//
// The site carries the beacon as any site would, so a person's own clicks count.
// The simulation writes past days as an access log for the importer, and today's
// views as hits for the real endpoint. Nobody is simulated after anyone: the
// addresses are drawn at random from ranges of consumer networks, so that a
// country table has something to say, and they are sent over loopback only.
package demo

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
)

//go:embed site/layout.html site/site.css site/mark.svg
var files embed.FS

var layout = template.Must(template.ParseFS(files, "site/layout.html"))

// A screen is what the layout shows: one page in one language.
type screen struct {
	Page       *page
	Lang       language
	Other      language
	Path       string
	OtherPath  string
	Collector  string // origin of the collector
	Pixel      string // address of the pixel for visitors without script
	Status     int    // 404 on the page that is not there
	BrokenPath string
}

// Site returns the demo web site. Its pages embed the beacon of the collector at
// that origin, such as "http://127.0.0.1:8080".
func Site(collector string) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /site.css", file("site/site.css", "text/css; charset=utf-8"))
	mux.Handle("GET /mark.svg", file("site/mark.svg", "image/svg+xml"))
	mux.HandleFunc("GET /", func(w http.ResponseWriter, r *http.Request) {
		s := screenAt(r.URL.Path)
		s.Collector = collector
		s.Pixel = pixel(collector, r.Host, r.URL.Path, s.Status)
		h := w.Header()
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Content-Language", string(s.Lang))
		h.Set("Cache-Control", "no-cache")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Content-Security-Policy", fmt.Sprintf("default-src 'none'; style-src 'self'; img-src 'self' %[1]s; "+
			"script-src %[1]s; connect-src %[1]s; base-uri 'none'; form-action 'none'; frame-ancestors 'none'", collector))
		var body bytes.Buffer
		if err := layout.Execute(&body, s); err != nil {
			s.Status = http.StatusInternalServerError // half a page is none
			body.Reset()
		}
		if s.Status != 0 {
			w.WriteHeader(s.Status)
		}
		w.Write(body.Bytes())
	})
	return mux
}

// screenAt returns the screen at the path: a page, or word that there is none.
func screenAt(path string) screen {
	s := screen{Lang: ja, Other: en, Path: path, BrokenPath: broken.Path(ja)}
	lang, rest := split(path)
	if lang == en {
		s.Lang, s.Other, s.BrokenPath = en, ja, broken.Path(en)
	}
	p, ok := bySlug[rest]
	if !ok {
		s.Page, s.Status = notFound, http.StatusNotFound
		s.OtherPath = pages[0].Path(s.Other)
		return s
	}
	s.Page, s.OtherPath = p, p.Path(s.Other)
	return s
}

// pixel returns the address of the pixel. Only a server can write it into the
// page; it has no referrer, which without script nobody can tell but the server's
// own log.
func pixel(collector, host, path string, status int) string {
	q := url.Values{"u": {"http://" + host + (&url.URL{Path: path}).EscapedPath()}}
	if status != 0 {
		q.Set("st", fmt.Sprint(status))
	}
	return collector + "/hit.gif?" + q.Encode()
}

func file(name, kind string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.Header().Set("X-Content-Type-Options", "nosniff")
		http.ServeFileFS(w, r, files, name)
	})
}

// Nav returns the pages that every page links to.
func (s screen) Nav() []*page { return pages[1:9] }

// Related returns the pages that this page links to.
func (s screen) Related() []*page {
	var list []*page
	for _, slug := range s.Page.links {
		list = append(list, bySlug[slug])
	}
	return list
}
