package public_test

import (
	"bytes"
	"maps"
	"path/filepath"
	"slices"
	"testing"

	"oboro/aggregator/release"
	"oboro/aggregator/statistic"
	"oboro/dashboards/public"
)

// TestFolderIsTheSameHoweverOftenPublished holds that a folder brought up to date month by
// month, in which pages stand as they were made before, has the files of one made from
// nothing: also where what stood before a page was withdrawn. And that the pages of a month do
// not change when the next is published. Seen to fail when a page is not made of the period
// before it, when the figures of that period are not read, and when pages change with what comes later.
func TestFolderIsTheSameHoweverOftenPublished(t *testing.T) {
	w, p := twoMonths(t)
	october, september := w.period, release.MonthOf(w.period.First()-1)
	out := filepath.Join(t.TempDir(), "out")
	ledger := w.ledger
	publish := func(releases ...release.Release) map[string][]byte {
		t.Helper()
		var files []map[string][]byte
		for _, dir := range []string{out, filepath.Join(t.TempDir(), "new")} {
			q := w.publication(releases...)
			q.Statistics, q.Ledger = []*statistic.Statistic{days, devices, countries}, ledger
			if err := public.Write(dir, q); err != nil {
				t.Fatal(err)
			}
			files = append(files, read(t, dir))
		}
		names := slices.AppendSeq(slices.Collect(maps.Keys(files[0])), maps.Keys(files[1]))
		for _, name := range slices.Compact(slices.Sorted(slices.Values(names))) {
			if !bytes.Equal(files[0][name], files[1][name]) {
				t.Errorf("%s is another in the folder that was brought up to date", name)
			}
		}
		return files[0]
	}
	const page = "sites/demo/2026-09/index.html"
	w.period = september
	before := publish(p.Releases[:3]...)
	w.period = october
	if after := publish(p.Releases[3:]...); before[page] == nil || !bytes.Equal(before[page], after[page]) {
		t.Errorf("%s changed when October was published", page)
	}
	reason := statistic.Text{JA: "集計の誤り", EN: "Counted wrongly"}
	shelf, err := public.OpenShelf(w.publication().Archive, w.key)
	if err != nil {
		t.Fatal(err)
	}
	taken, err := shelf.TakeBack("demo", devices, september, reason)
	if err != nil {
		t.Fatal(err)
	}
	ledger = func() ([][]byte, error) {
		text, err := w.ledger()
		l := lines{}
		for _, line := range text {
			l.again(line)
		}
		l.add(map[string]any{"withdraw": map[string]any{
			"dataset": "demo/devices", "period": "2026-09", "reason": map[string]any{"ja": reason.JA, "en": reason.EN},
		}})
		return l.text, err
	}
	publish(taken)
}
