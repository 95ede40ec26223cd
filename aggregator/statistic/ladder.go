package statistic

import (
	"strings"

	"oboro/collector/hit"
)

// Coarser returns the dimension of whose values those of d are parts: what is hidden of a
// table by d is named by it, before it is (other) as a whole. Pages are parts of sections,
// which are written as the beginning of a path.
func Coarser(d Dimension) (Dimension, bool) {
	switch d {
	case hit.ByVersion:
		return hit.ByBrowser, true
	case hit.ByRegion:
		return hit.ByCountry, true
	case hit.ByNetwork:
		return hit.ByNetworkClass, true
	case hit.BySource:
		return hit.ByChannel, true
	case hit.ByPage:
		return hit.ByPage, true
	}
	return 0, false
}

// OtherIn is the key of what is hidden within one value of the coarser dimension.
func OtherIn(value string) string { return Other + " " + value }

// InOther returns the value that a key made by [OtherIn] is of.
func InOther(key string) (value string, ok bool) { return strings.CutPrefix(key, Other+" ") }

// IsOther reports whether a key stands for what is hidden, of all or of one value of the
// coarser dimension.
func IsOther(key string) bool {
	_, in := InOther(key)
	return in || key == Other
}

// Section returns the section of a page that lies in a folder: the first one of its path.
func Section(page string) (section string, ok bool) {
	if !strings.HasPrefix(page, "/") {
		return "", false
	}
	if i := strings.IndexByte(page[1:], '/'); i > 0 {
		return page[:i+2], true
	}
	return "", false
}
