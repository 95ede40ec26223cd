package main

import (
	"testing"

	"oboro/aggregator/statistic"
	"oboro/collector"
)

// TestVisitorsAreToldWords holds that the values of closed vocabularies, but for numbers and
// proper names, have a name other than their code in both languages. Seen to fail when the
// names are the codes, and when one of a statistic is left out.
func TestVisitorsAreToldWords(t *testing.T) {
	catalogue, err := statistic.Built(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	all := names(catalogue)
	for by, want := range map[string]map[string]collector.Text{
		"device":        {"desktop": {JA: "パソコン", EN: "Desktop"}},
		"channel":       {"direct": {JA: "直接（参照元なし）", EN: "Direct (no referrer)"}},
		"country":       {"JP": {JA: "日本", EN: "Japan"}, "unknown": {JA: "不明", EN: "unknown"}},
		"network-class": {"go.jp": {JA: "政府機関（go.jp）", EN: "Government (go.jp)"}},
	} {
		for value, name := range want {
			if got := all[by][value]; got != name {
				t.Errorf("%s %s is called %q, want %q", by, value, got, name)
			}
		}
	}
	for by, values := range all {
		for value, name := range values {
			named := by != "browser" && by != "system" && by != "language" && value != "unknown"
			if name.JA == "" || name.EN == "" || named && (name.JA == value || name.EN == value) {
				t.Errorf("%s %s is called %q and %q", by, value, name.JA, name.EN)
			}
		}
	}
	if len(all["page"]) > 0 || len(all["country"]) < 200 {
		t.Errorf("%d pages and %d countries have names", len(all["page"]), len(all["country"]))
	}
}
