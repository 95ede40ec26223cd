package team

import (
	"bytes"
	"fmt"
	"net/http"

	"oboro/dashboards/table"
	"oboro/internal/audit"
)

// The words of an error of the programming interface. They repeat nothing of what
// was asked for.
const (
	unknownSite      = "unknown site"
	unknownStatistic = "unknown statistic"
	badDays          = "from and to are days like 2026-04-01, from is not after to, and they are at most 800 days apart"
	tableNotRead     = "the table could not be read"
	lookNotWritten   = "the audit trail cannot be written, so nothing is shown"
)

// api answers with one table, as JSON, or as CSV where the path ends so.
func (s *server) api(w http.ResponseWriter, r *http.Request) {
	id, format := askedFor(r)
	asCSV := format == audit.CSV
	site := r.PathValue("site")
	st, declared := s.declared(id)
	p, ok := periodOf(r.URL.Query(), s.Today())
	switch {
	case !s.known(site):
		apiError(w, http.StatusNotFound, unknownSite)
		return
	case !declared:
		apiError(w, http.StatusNotFound, unknownStatistic)
		return
	case !ok:
		apiError(w, http.StatusBadRequest, badDays)
		return
	}
	t, err := s.read(r.Context(), site, st.ID, p)
	var meters map[string]int64
	if err == nil && s.Meters != nil && !asCSV {
		meters, err = s.Meters(r.Context(), site, p.From, p.To)
	}
	var b bytes.Buffer
	if err == nil && asCSV {
		err = table.WriteCSV(&b, t)
	} else if err == nil {
		err = table.WriteJSON(&b, t, meters)
	}
	if err != nil {
		s.Log.Error("table not read", "error", err)
		apiError(w, http.StatusInternalServerError, tableNotRead)
		return
	}
	kind := "application/json; charset=utf-8"
	if asCSV {
		kind = "text/csv; charset=utf-8; header=present"
		w.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", fmt.Sprintf("%s-%s-%s-%s.csv", site, st.ID, p.From, p.To)))
	}
	w.Header().Set("Content-Type", kind)
	_, _ = w.Write(b.Bytes()) // the reader has gone; there is nobody to tell
}

func apiError(w http.ResponseWriter, status int, words string) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, "{\"error\":%q}\n", words)
}
