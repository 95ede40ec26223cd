package statistic

import "oboro/collector/hit"

// never are the values that no User-Agent gives together: Safari is Apple's (and was on
// Windows), the first browser of Android was on Android alone, Silk is on Amazon's tablets and televisions, and what
// is a tablet has a system of tablets. All other pairs of a browser, a system and a
// device can be: what is a habit of makers is no rule.
var never = map[Dimension]map[string]map[Dimension][]string{
	hit.ByBrowser: {
		"safari":          {hit.BySystem: {"other", "android", "linux", "chromeos", "harmonyos", "tizen", "kaios"}},
		"android-browser": {hit.BySystem: {"other", "windows", "macos", "ios", "linux", "chromeos", "harmonyos", "tizen", "kaios"}},
		"silk":            {hit.BySystem: {"windows", "macos", "linux", "chromeos"}, hit.ByDevice: {"desktop", "phone"}},
	},
	hit.ByDevice: {
		"tablet": {hit.BySystem: {"windows", "macos", "chromeos"}},
	},
}

// Meet reports whether one browser can have both values, each of a browser, a system or a
// device. Only contradictory headers have others.
func Meet(a Dimension, x string, b Dimension, y string) bool {
	for _, value := range never[a][x][b] {
		if value == y {
			return false
		}
	}
	for _, value := range never[b][y][a] {
		if value == x {
			return false
		}
	}
	return true
}
