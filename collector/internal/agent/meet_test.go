package agent

import (
	"testing"

	"oboro/aggregator/statistic"
	"oboro/collector/hit"
)

// TestMeet holds that the fold knows which browsers, systems and devices can be together:
// all those, and only those, that some User-Agent of the tables' words gives. Seen to fail when a pair is
// taken out of the list, and when one is added to it.
func TestMeet(t *testing.T) {
	type pair struct {
		a hit.Dimension
		x string
		b hit.Dimension
		y string
	}
	seen := map[pair]bool{}
	texts := func(list []string) []string { return append(list, "") }
	var on, of, by []string
	for _, s := range systems {
		on = append(on, s.text)
	}
	for _, d := range devices {
		of = append(of, d.text)
	}
	for _, b := range browsers {
		by = append(by, b.text)
	}
	for _, system := range texts(on) {
		for _, device := range texts(of) {
			for _, browser := range texts(by) {
				a := Of(system + "; " + device + " 1; " + browser + "5")
				seen[pair{hit.ByBrowser, a.Browser.Code(), hit.BySystem, a.System.Code()}] = true
				seen[pair{hit.ByBrowser, a.Browser.Code(), hit.ByDevice, a.Device.Code()}] = true
				seen[pair{hit.ByDevice, a.Device.Code(), hit.BySystem, a.System.Code()}] = true
			}
		}
	}
	check := func(a hit.Dimension, xs []string, b hit.Dimension, ys []string) {
		for _, x := range xs {
			for _, y := range ys {
				can := seen[pair{a, x, b, y}]
				if got := statistic.Meet(a, x, b, y); got != can || statistic.Meet(b, y, a, x) != can {
					t.Errorf("Meet says %t of %s and %s, but headers %t", got, x, y, can)
				}
			}
		}
	}
	check(hit.ByBrowser, hit.BrowserCodes(), hit.BySystem, hit.SystemCodes())
	check(hit.ByBrowser, hit.BrowserCodes(), hit.ByDevice, hit.DeviceCodes())
	check(hit.ByDevice, hit.DeviceCodes(), hit.BySystem, hit.SystemCodes())
}
