package team

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// qualityPath is the address of the page.
const qualityPath = "/quality"

// qualityFile returns the address of the same in JSON.
func qualityFile(site string, p period) string {
	return "/api/v1/sites/" + url.PathEscape(site) + "/quality?" + p.values().Encode()
}

// A qualityAnswer is a Quality as JSON. Meters stand for multiples of k: 0 is fewer
// than k, and every reason has one.
type qualityAnswer struct {
	Site    string           `json:"site"`
	From    string           `json:"from"`
	To      string           `json:"to"`
	Unit    string           `json:"unit"`
	K       int64            `json:"k"`
	Meters  map[string]int64 `json:"meters"`
	Nowhere map[string]int64 `json:"meters_without_site"`
	Limit   json.Number      `json:"rho_limit"`
	Days    []dayAnswer      `json:"days"`
	Weeks   []weekAnswer     `json:"weeks_lost"`
	Now     machineAnswer    `json:"now"`
}

type tableAnswer struct {
	Type string `json:"type"`
	Date string `json:"date"`
}

type dayAnswer struct {
	Day      string      `json:"day"`
	State    DayState    `json:"state"`
	Imported bool        `json:"imported"`
	Epochs   int         `json:"epochs"`
	Marked   bool        `json:"marked"`
	Reason   string      `json:"reason,omitempty"`
	Rho      json.Number `json:"rho"`
}

type weekAnswer struct {
	Week   string `json:"week"` // its Monday
	Reason string `json:"reason"`
}

type machineAnswer struct {
	Waiting     int      `json:"batches_waiting"`
	FlushFailed bool     `json:"flush_failed"`
	Missing     []string `json:"collectors_missing"`
	Flush       int64    `json:"flush_seconds"`
	LogUsed     int64    `json:"log_used_mib"`
	LogLimit    int64    `json:"log_limit_mib"`
	LogFull     bool     `json:"log_full"`
	OnDisk      bool     `json:"state_on_disk"`
	Copies      Copies   `json:"checkpoint_copy"`
	Counting    string   `json:"day_counted"`
	Clock       string   `json:"day_of_clock"`
	Zone        string   `json:"timezone"`
	Countries   string   `json:"country_table"` // its day, or nothing
	CountryType string   `json:"country_table_type"`
	OwnTable    bool     `json:"country_table_own"`
	Refused     bool     `json:"country_table_refused"`

	Networks        []tableAnswer `json:"network_tables"`
	Reverse         bool          `json:"reverse_dns"`
	NetworksRefused bool          `json:"network_table_refused"`
	Exact           bool          `json:"exact_addresses"`

	Off     []string `json:"statistics_off"`
	Version string   `json:"version"`
}

func (s *server) qualityAPI(w http.ResponseWriter, r *http.Request) {
	site := r.PathValue("site")
	p, ok := periodOf(r.URL.Query(), s.Today())
	switch {
	case !s.known(site):
		apiError(w, http.StatusNotFound, unknownSite)
		return
	case !ok:
		apiError(w, http.StatusBadRequest, badDays)
		return
	}
	q, err := s.qualityOf(r.Context(), site, p)
	var b bytes.Buffer
	if err == nil {
		encoder := json.NewEncoder(&b)
		encoder.SetIndent("", "  ")
		err = encoder.Encode(s.answer(site, p, q))
	}
	if err != nil {
		s.Log.Error("table not read", "error", err)
		apiError(w, http.StatusInternalServerError, tableNotRead)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_, _ = w.Write(b.Bytes()) // the reader has gone; there is nobody to tell
}

func (s *server) answer(site string, p period, q Quality) qualityAnswer {
	m := q.Machine
	a := qualityAnswer{
		Site: site, From: p.From.String(), To: p.To.String(), Unit: "hit", K: s.K,
		Meters: everyReason(q.Meters), Nowhere: everyReason(q.Nowhere),
		Limit: json.Number(q.Limit.String()), Days: []dayAnswer{}, Weeks: []weekAnswer{},
		Now: machineAnswer{
			Waiting: m.Waiting, FlushFailed: m.FlushFailed, Flush: int64(s.Flush / time.Second),
			LogUsed: m.LogUsed, LogLimit: m.LogLimit, LogFull: m.LogFull, OnDisk: m.OnDisk, Copies: m.Copies, Missing: append([]string{}, m.Missing...),
			Off: []string{}, Counting: m.Counting.String(), Clock: m.Clock.String(), Zone: s.Zone, OwnTable: m.Databases.Own, Version: m.Version,
		},
	}
	a.Now.databases(m.Databases)
	for _, st := range m.Off {
		a.Now.Off = append(a.Now.Off, st.ID)
	}
	for _, d := range q.Days {
		a.Days = append(a.Days, dayAnswer{
			Day: d.Day.String(), State: d.State, Imported: d.Imported, Epochs: d.Epochs, Marked: d.Marked, Reason: d.Reason,
			Rho: json.Number(d.Rho.String()),
		})
	}
	for _, w := range q.LostWeeks {
		a.Weeks = append(a.Weeks, weekAnswer{w.First.String(), w.Reason})
	}
	return a
}

// databases fills in the tables of places and networks.
func (a *machineAnswer) databases(t Databases) {
	if !t.Countries.Date.IsZero() {
		a.Countries, a.CountryType = t.Countries.Date.UTC().Format(time.DateOnly), t.Countries.Type
	}
	a.Networks = []tableAnswer{}
	for _, n := range t.Networks {
		a.Networks = append(a.Networks, tableAnswer{n.Type, n.Date.UTC().Format(time.DateOnly)})
	}
	a.Refused, a.NetworksRefused = t.CountriesRefused, t.NetworksRefused
	a.Exact, a.Reverse = t.Exact, t.Reverse
}

// everyReason returns meters with a 0 for each reason that has none, so that the
// answer does not tell none from fewer than k.
func everyReason(meters map[string]int64) map[string]int64 {
	all := map[string]int64{}
	for _, reason := range slices.Concat(reasons, parts, []string{centre}) {
		all[reason] = 0
	}
	for reason, n := range meters {
		all[reason] = n
	}
	return all
}
