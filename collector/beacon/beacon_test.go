package beacon_test

import (
	"bytes"
	"compress/gzip"
	"image/gif"
	"io"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"oboro/collector/beacon"
)

// TestSize states the size of the beacon, which with the head of its answer still goes in
// one packet. Seen to fail when the comments are served too.
func TestSize(t *testing.T) {
	size := len(beacon.Gzipped())
	t.Logf("the beacon has %d bytes gzipped, %d plain", size, len(beacon.Script()))
	if size > 1200 {
		t.Errorf("the beacon has %d bytes gzipped, want at most 1200", size)
	}
}

func TestGzippedIsTheScript(t *testing.T) {
	r, err := gzip.NewReader(bytes.NewReader(beacon.Gzipped()))
	if err != nil {
		t.Fatalf("open the gzipped script: %v", err)
	}
	got, err := io.ReadAll(r)
	if err != nil {
		t.Fatalf("read the gzipped script: %v", err)
	}
	if !bytes.Equal(got, beacon.Script()) {
		t.Error("Gzipped() holds another script than Script()")
	}
	if again := beacon.ETag(); !regexp.MustCompile(`^W/"[0-9a-f]{16}"$`).MatchString(again) {
		t.Errorf("ETag() = %s, want a weak tag of 16 hexadecimal digits", again)
	}
}

// flagged is the one look at cookies: whether the flag of an objection is among them. Of
// the others nothing leaves the expression.
const flagged = `/\boboro_objection=1/.test(document.cookie)`

// TestNothingIsStoredOrFingerprinted greps the script for what the promises rule
// out. Seen to fail when view keeps the path in sessionStorage, and when objects sets the
// flag itself.
func TestNothingIsStoredOrFingerprinted(t *testing.T) {
	if n := strings.Count(string(beacon.Script()), flagged); n != 1 {
		t.Errorf("the beacon looks for the flag %d times, want once", n)
	}
	rest := strings.ToLower(strings.Replace(string(beacon.Script()), flagged, "", 1))
	for _, word := range []string{
		"cookie", "storage", "indexeddb", "caches", "serviceworker", "canvas", "webgl",
		"audiocontext", "useragent", "plugins", "screen", "fonts", "languages", "timezone", "intl",
		"battery", "geolocation", "devicememory", "hardwareconcurrency", "connection",
		"eval", "innerhtml", "createelement", "import", "random", "date", "crypto", "window.name",
	} {
		if strings.Contains(rest, word) {
			t.Errorf("the beacon mentions %q", word)
		}
	}
}

// TestTouchesOnly holds the list of what the script reads of the browser: a new
// line here is a new thing to tell visitors. Seen to fail when send adds
// navigator.language to the hit.
func TestTouchesOnly(t *testing.T) {
	want := []string{
		"document.addEventListener", "document.cookie", "document.currentScript", "document.hasFocus", "document.hidden",
		"document.prerendering", "document.querySelector", "document.referrer",
		"history.pushState",
		"location.host", "location.origin", "location.pathname", "location.search",
		"navigator.globalPrivacyControl", "navigator.sendBeacon",
		"performance.getEntriesByType",
		"window.oboroBeacon",
	}
	touched := map[string]bool{}
	reads := regexp.MustCompile(`\b(document|history|location|navigator|performance|screen|window|self|top|parent)\.\w+`)
	for _, name := range reads.FindAllString(string(beacon.Script()), -1) {
		touched[name] = true
	}
	if got := slices.Sorted(maps.Keys(touched)); !slices.Equal(got, want) {
		t.Errorf("the beacon touches\n%q, want\n%q", got, want)
	}
	if bytes.Contains(beacon.Script(), []byte("[\"")) || bytes.ContainsRune(beacon.Script(), '`') {
		t.Error("the beacon names a property by a string, which this test cannot see")
	}
}

// TestAsksOnly holds the list of media queries that the script asks the browser: a new
// line here is a new thing to tell visitors. Seen to fail when media has "hover:none" too,
// and when view asks for "(min-width:900px)" by itself.
func TestAsksOnly(t *testing.T) {
	want := []string{
		"forced-colors:active", "pointer:coarse", "pointer:fine", "pointer:none",
		"prefers-color-scheme:dark", "prefers-contrast:more", "prefers-reduced-motion:reduce",
	}
	var got []string
	for _, query := range regexp.MustCompile(`"\(?([a-z-]+:[^"]*)"`).FindAllSubmatch(beacon.Script(), -1) {
		got = append(got, string(query[1]))
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("the beacon asks for the media\n%q, want\n%q", got, want)
	}
	if n := bytes.Count(beacon.Script(), []byte("matchMedia")); n != 1 {
		t.Errorf("the beacon says matchMedia %d times, want once", n)
	}
}

// TestServedScriptIsTheSource compares the served script with the source, with
// nothing but white space and comments taken away.
func TestServedScriptIsTheSource(t *testing.T) {
	source, err := os.ReadFile("oboro.js")
	if err != nil {
		t.Fatal(err)
	}
	comment := regexp.MustCompile(`(?m)(^|\s)//.*$`)
	squeeze := func(b []byte) string {
		return strings.Join(strings.Fields(comment.ReplaceAllString(string(b), "")), "")
	}
	if got, want := squeeze(beacon.Script()), squeeze(source); got != want {
		t.Errorf("the served script says\n%s\nwant\n%s", got, want)
	}
	if bytes.Contains(beacon.Script(), []byte("//")) {
		t.Error("a comment is served")
	}
}

// TestOptOutSetsNothingElse holds what the script of the button touches: it writes one
// cookie in one place, which is in the listener of a click, and asks nobody. Seen to fail
// when it sets the flag at its start, and when it fetches something.
func TestOptOutSetsNothingElse(t *testing.T) {
	script := string(beacon.OptOut().Plain)
	before, behind, ok := strings.Cut(script, "document.cookie = ")
	if !ok || strings.Contains(behind, "document.cookie = ") {
		t.Fatal("the script does not set a cookie in one place")
	}
	at := strings.LastIndex(before, "addEventListener(")
	if at < 0 || !strings.HasPrefix(before[at:], `addEventListener("click", function () {`) || strings.Contains(before[at:], "});") {
		t.Error("the script sets a cookie elsewhere than in the listener of a click")
	}
	if want := `"oboro_objection=1; path=/; max-age=" + (before ? 0 : 34560000) + "; samesite=lax"`; !strings.HasPrefix(behind, want) {
		t.Errorf("the script sets %.100q, want %q", behind, want)
	}
	for _, word := range []string{
		"storage", "indexeddb", "fetch", "xmlhttp", "beacon", "src", "href", "import", "eval", "innerhtml", "http",
		"random", "date", "crypto", "useragent", "style", "domain",
	} {
		if strings.Contains(strings.ToLower(strings.ReplaceAll(script, `"https:"`, "")), word) {
			t.Errorf("the script mentions %q", word)
		}
	}
}

// TestStyleLoadsNothing holds that the collector's pages ask no host for anything. Seen to
// fail when the style sheet has a picture.
func TestStyleLoadsNothing(t *testing.T) {
	for _, word := range []string{"url(", "@import", "@font-face", "http"} {
		if strings.Contains(string(beacon.Style().Plain), word) {
			t.Errorf("the style sheet says %q", word)
		}
	}
}

func TestPixel(t *testing.T) {
	if len(beacon.GIF()) != 43 {
		t.Errorf("the pixel has %d bytes, want 43", len(beacon.GIF()))
	}
	picture, err := gif.Decode(bytes.NewReader(beacon.GIF()))
	if err != nil {
		t.Fatalf("the pixel is no image: %v", err)
	}
	if b := picture.Bounds(); b.Dx() != 1 || b.Dy() != 1 {
		t.Errorf("the pixel measures %d by %d, want 1 by 1", b.Dx(), b.Dy())
	}
	if _, _, _, alpha := picture.At(0, 0).RGBA(); alpha != 0 {
		t.Errorf("the pixel has opacity %d, want 0", alpha)
	}
}
