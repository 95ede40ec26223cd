package release

import (
	"strings"
	"testing"
)

// TestIncidents holds that a description names every day on which something was not as
// usual, and no other. Seen to fail when marked does not look at the epochs, and when
// daysThat does not end a run at a day of several epochs.
func TestIncidents(t *testing.T) {
	day := func(date string, epochs int, variance int64) EnvelopeDay {
		return EnvelopeDay{Day: date, Status: Published, Epochs: epochs, Sigma2: map[string]Ratio{"visitors": {variance, 1}}}
	}
	log := day("2026-10-07", 1, 495)
	log.Imported = true
	e := Envelope{Version: 2, Query: EnvelopeQuery{Dimensions: []string{"device"}}, Privacy: Privacy{
		K: 10, Measures: []MeasurePrivacy{{Measure: "visitors", Delta2: Ratio{1, 1}, Sigma2: Ratio{495, 1}, Rho: Ratio{1, 990}}},
	}, Days: []EnvelopeDay{
		{Day: "2026-10-01", Status: Missing}, {Day: "2026-10-02", Status: Missing}, day("2026-10-03", 1, 495),
		day("2026-10-04", 2, 4*495), day("2026-10-05", 1, 2*495), day("2026-10-06", 3, 18*495), log, {Day: "2026-10-08", Status: Missing},
	}}
	got := ""
	for _, i := range e.incidents() {
		got += i.Text.EN + i.Days + "\n"
	}
	want := "Not measured: 2026-10-01/2026-10-02, 2026-10-08\n" +
		"Imported from access logs: 2026-10-07\n" +
		"Several lives of the visitor state (their number; variance times its square): 2026-10-04 (2), 2026-10-06 (3)\n" +
		"Marked, because a bound on what is taken in was met (twice the variance): 2026-10-05, 2026-10-06 (3)\n"
	if got != want {
		t.Errorf("incidents:\n%swant:\n%s", got, want)
	}
	for name, file := range e.readmes(e.Meta.Title) {
		for _, says := range []string{"2026-10-01/2026-10-02, 2026-10-08", "| visitors | 1 | 495 | 1/990 |"} {
			if !strings.Contains(string(file), says) {
				t.Errorf("%s does not say %q", name, says)
			}
		}
	}
	if text := string(e.readmes(e.Meta.Title)[ReadmeEN]); !strings.Contains(text, "after version 1 was published") {
		t.Error("the description of version 2 does not say why there is one")
	}
	usual := Envelope{Version: 1, Privacy: e.Privacy, Days: []EnvelopeDay{day("2026-10-03", 1, 495)}}
	if text := string(usual.readmes(e.Meta.Title)[ReadmeEN]); !strings.Contains(text, "None: each day was measured") {
		t.Error("a description without incidents does not say that there are none")
	}
}
