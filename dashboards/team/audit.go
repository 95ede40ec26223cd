package team

import (
	"bytes"
	"maps"
	"net/http"
	"strings"

	"oboro/internal/audit"
)

// An answer is what a handler answers, held back until it is in the audit trail.
type answer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header returns the headers of the answer.
func (a *answer) Header() http.Header { return a.header }

// WriteHeader sets the status.
func (a *answer) WriteHeader(status int) { a.status = status }

// Write adds to the body.
func (a *answer) Write(b []byte) (int, error) { return a.body.Write(b) }

// result returns what the trail calls the answer.
func (a *answer) result() audit.Result {
	switch {
	case a.status >= http.StatusInternalServerError:
		return audit.Failed
	case a.status >= http.StatusBadRequest:
		return audit.Refused
	}
	return audit.Answered
}

// audited answers as handle does, once an entry about that stands in the trail, and with a
// refusal where it does not. Report names what shows more than one statistic.
func (s *server) audited(report string, handle http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a := &answer{header: http.Header{}, status: http.StatusOK}
		handle(a, r)
		leaf := s.leaf(report, r)
		leaf.Result = a.result()
		if s.Audit == nil {
			s.unwritten(w, r)
			return
		}
		if err := s.Audit(leaf); err != nil {
			s.Log.Error("look not written down", "error", err.Error())
			s.unwritten(w, r)
			return
		}
		maps.Copy(w.Header(), a.header)
		w.WriteHeader(a.status)
		_, _ = w.Write(a.body.Bytes()) // the reader has gone; there is nobody to tell
	})
}

// leaf returns what the trail is told of a request. Of what was asked for it names what is
// declared, and days; nothing else of a request gets there.
func (s *server) leaf(report string, r *http.Request) audit.Leaf {
	site, action := r.PathValue("site"), audit.Export
	id, format := askedFor(r)
	if !strings.HasPrefix(r.URL.Path, apiPath) {
		site, action, format = s.siteOf(r.URL.Query()), audit.Look, audit.Page
	}
	l := audit.Leaf{
		Action: action, Actor: audit.Dashboards, Role: audit.Team,
		Object: audit.Object{Report: report}, Params: audit.Params{Format: format},
	}
	if s.known(site) {
		l.Object.Site = site
	}
	if st, ok := s.declared(id); ok {
		l.Object.Statistic = st.ID
	}
	p, ok := periodOf(r.URL.Query(), s.Today())
	if report == audit.Overview {
		p, ok = period{last(30, s.Today()).From, s.Today()}, true
	}
	if ok {
		l.Params.From, l.Params.To = p.From.String(), p.To.String()
	}
	return l
}

// apiPath begins the addresses of the programming interface.
const apiPath = "/api/"

// askedFor returns the statistic that is asked for, and in which format; it is not checked
// yet.
func askedFor(r *http.Request) (id, format string) {
	if id := r.PathValue("id"); id != "" {
		return id, audit.Page
	}
	if id, ok := strings.CutSuffix(r.PathValue("file"), ".csv"); ok {
		return id, audit.CSV
	}
	return strings.TrimSuffix(r.PathValue("file"), ".json"), audit.JSON
}

// unwritten answers where the trail takes no entry: with no figure.
func (s *server) unwritten(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, apiPath) {
		apiError(w, http.StatusServiceUnavailable, lookNotWritten)
		return
	}
	s.refuse(w, s.chrome(r, ""), http.StatusServiceUnavailable, notWritten)
}
