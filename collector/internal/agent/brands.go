package agent

import (
	"strings"

	"oboro/collector/hit"
)

// brands is what a list of brands says.
type brands struct {
	family   hit.Browser // a family that we know; OtherBrowser where there is none
	version  uint16      // its major version
	stranger bool        // a browser that we do not know
	engine   bool        // Chromium
	base     uint16      // its major version
}

// mostBrands is how many brands of a list are read. Browsers send three or four.
const mostBrands = 16

// brandsOf reads a list of brands: a list of strings of RFC 9651, each with the
// parameter v. A list of another form says nothing.
func brandsOf(list string) brands {
	var found brands
	for range mostBrands {
		name, version, rest, ok := brand(list)
		if !ok {
			return brands{}
		}
		found.add(name, version)
		rest = strings.TrimLeft(rest, " \t")
		if rest == "" {
			break
		}
		if rest[0] != ',' {
			return brands{}
		}
		list = strings.TrimLeft(rest[1:], " \t")
	}
	return found
}

// brand reads one brand at the head of list, and the number at the head of its version.
func brand(list string) (name string, version uint16, rest string, ok bool) {
	name, rest, ok = quoted(list)
	for ok && strings.HasPrefix(rest, ";") {
		key, value, _ := strings.Cut(strings.TrimLeft(rest[1:], " "), "=")
		value, rest, ok = quoted(value)
		if key == "v" {
			version = major(value)
		}
	}
	return name, version, rest, ok
}

// quoted reads a string at the head of s. Its escapes stay as they are: no name of a
// browser has any.
func quoted(s string) (text, rest string, ok bool) {
	if s == "" || s[0] != '"' {
		return "", "", false
	}
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			return s[1:i], s[i+1:], true
		case c == '\\':
			i++
		case c < ' ' || c > '~':
			return "", "", false
		}
	}
	return "", "", false
}

func (found *brands) add(name string, version uint16) {
	switch family := familyOf(name); {
	case family == hit.Chrome && found.family != hit.OtherBrowser: // a more special one is known
	case family != hit.OtherBrowser:
		found.family, found.version = family, version
	case name == "Chromium":
		found.engine, found.base = true, version
	case name != "Android WebView" && name != "Microsoft Edge WebView2" && !isGrease(name):
		found.stranger = true
	}
}

// familyOf returns the family of a brand.
func familyOf(name string) hit.Browser {
	switch name {
	case "Google Chrome", "HeadlessChrome":
		return hit.Chrome
	case "Microsoft Edge", "Edge":
		return hit.Edge
	case "Samsung Internet":
		return hit.SamsungInternet
	case "Brave", "Brave Browser":
		return hit.Brave
	case "Vivaldi":
		return hit.Vivaldi
	case "Yandex", "YaBrowser", "YaSearchBrowser", "YaSearchApp":
		return hit.Yandex
	case "DuckDuckGo":
		return hit.DuckDuckGo
	case "HuaweiBrowser":
		return hit.HuaweiBrowser
	case "Miui Browser", "XiaoMiBrowser":
		return hit.MiuiBrowser
	case "Amazon Silk", "Silk":
		return hit.Silk
	}
	if strings.HasPrefix(name, "Opera") { // Opera GX, Opera Air, OperaMobile
		return hit.Opera
	}
	return hit.OtherBrowser
}

// isGrease reports whether name is the brand of no browser that Chromium adds, so that
// nobody takes the list for complete: "Not A Brand" with other signs between its words.
func isGrease(name string) bool {
	const words = "NotABrand"
	at := 0
	for i := range len(name) {
		if !isLetter(name[i]) {
			continue
		}
		if at == len(words) || name[i] != words[at] {
			return false
		}
		at++
	}
	return at == len(words)
}
