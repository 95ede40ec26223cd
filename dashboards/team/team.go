// Package team serves the pages of the web team: today, the last 30 days, one page
// for each statistic, with the same figures as JSON and CSV, and one on how well
// they were counted.
//
// Of what was counted it accepts nothing but [release.Table] and rounded meters, so
// it can show nothing that has not passed disclosure control. Pages are made on the server and hold no script;
// labels come from attackers, and html/template escapes them.
package team

import (
	"bytes"
	"context"
	"html/template"
	"log/slog"
	"net/http"
	"time"

	"oboro/aggregator/release"
	"oboro/aggregator/statistic"
	"oboro/dashboards/assets"
	"oboro/internal/audit"
)

// Tables yields what the team may see.
type Tables interface {
	// Table returns the sealed periods of the statistic in [from, to].
	Table(ctx context.Context, site, statistic string, from, to statistic.Day) (release.Table, error)
	// Today returns the open day, protected.
	Today(ctx context.Context, site, statistic string) (release.Table, error)
}

// Config is what the pages need.
type Config struct {
	Tables    Tables
	Sites     []string                  // ids; the first is shown where none is asked for
	Titles    map[string]statistic.Text // of the sites; one without is called by its id
	Catalogue []*statistic.Statistic
	Today     func() statistic.Day
	Zone      string        // as people know it, such as Asia/Tokyo
	K         int64         // smallest number of visitor-days behind a shown row
	Flush     time.Duration // how far today's figures may be behind
	Snippet   string        // the line of HTML that a site embeds

	// Meters returns the meters of the site by reason; nil: none are shown. They
	// are rounded before they are shown.
	Meters func(ctx context.Context, site string, from, to statistic.Day) (map[string]int64, error)
	// Quality returns how well the days in [from, to] were counted; nil: there is no
	// such page.
	Quality func(ctx context.Context, site string, from, to statistic.Day) (Quality, error)
	// Audit puts an entry about a request into the audit trail. Nothing is shown before it
	// returns nil; where there is none, nothing is shown at all.
	Audit func(audit.Leaf) error
	Log   *slog.Logger // told of tables that could not be read; may be nil
}

// policy lets a page load its own style and pictures, and send its own forms.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
	"connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

type server struct {
	Config
	pages map[string]*template.Template
}

// New returns the pages. They live at the root: "/", "/statistics/", "/quality",
// "/api/v1/" and "/assets/".
func New(c Config) http.Handler {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	s := &server{Config: c, pages: parsePages()}
	mux := http.NewServeMux()
	for pattern, handler := range s.routes() {
		mux.Handle(pattern, handler)
	}
	return guarded(mux)
}

// routes returns what answers which requests. All that shows counts is audited.
func (s *server) routes() map[string]http.Handler {
	routes := map[string]http.Handler{
		"GET /{$}":             s.audited(audit.Overview, s.overview),
		"GET /statistics/{id}": s.audited("", s.statistic),
		"GET /api/v1/sites/{site}/statistics/{file}": s.audited("", s.api),
		"GET " + assets.Path:                         assets.Handler(),
		"GET /": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			s.refuse(w, s.chrome(r, ""), http.StatusNotFound, noSuchPage)
		}),
	}
	if s.Quality != nil {
		routes["GET "+qualityPath] = s.audited(audit.Quality, s.quality)
		routes["GET /api/v1/sites/{site}/quality"] = s.audited(audit.Quality, s.qualityAPI)
	}
	return routes
}

// guarded sets the headers of every answer, the refusals of the mux included.
func guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

// show writes a page. It is made whole first, so that a failure can still be said.
func (s *server) show(w http.ResponseWriter, status int, name string, view any) {
	var b bytes.Buffer
	if err := s.pages[name].ExecuteTemplate(&b, "layout", view); err != nil {
		s.Log.Error("page not made", "error", err)
		http.Error(w, "the page could not be made", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // the reader has gone; there is nobody to tell
}

// declared returns the enabled statistic of that id.
func (s *server) declared(id string) (*statistic.Statistic, bool) {
	for _, st := range s.Catalogue {
		if st.ID == id {
			return st, true
		}
	}
	return nil, false
}
