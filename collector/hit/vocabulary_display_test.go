package hit_test

import (
	"slices"
	"testing"

	"oboro/collector/hit"
)

// Seen to fail when a bound is moved by one, and when ViewportOf takes 0 for narrow.
func TestViewportOf(t *testing.T) {
	for _, tt := range []struct {
		width int
		want  string
	}{
		{-1, "unknown"}, {0, "unknown"}, {1, "under-360"}, {320, "under-360"}, {359, "under-360"},
		{360, "360-599"}, {599, "360-599"}, {600, "600-1023"}, {1023, "600-1023"},
		{1024, "1024-1439"}, {1439, "1024-1439"}, {1440, "1440-and-wider"}, {16384, "1440-and-wider"},
		{16385, "unknown"}, {1 << 40, "unknown"},
	} {
		if got := hit.ViewportOf(tt.width).Code(); got != tt.want {
			t.Errorf("ViewportOf(%d) = %s, want %s", tt.width, got, tt.want)
		}
	}
}

// said returns the five codes that letters stand for.
func said(letters string) [5]string {
	m := hit.MediaOf(letters)
	return [5]string{m.Input().Code(), m.Motion().Code(), m.Contrast().Code(), m.Colours().Code(), m.Theme().Code()}
}

// Seen to fail when an empty field counts as no preference, when a preference without a
// pointer counts as another input, and when two letters are exchanged.
func TestMediaOf(t *testing.T) {
	const none = "no-preference"
	for _, tt := range []struct {
		name, letters string
		want          [5]string
	}{
		{"nothing told", "", [5]string{"unknown", "unknown", "unknown", "unknown", "unknown"}},
		{"letters of none", "XYZ 12\x00é", [5]string{"unknown", "unknown", "unknown", "unknown", "unknown"}},
		{"a mouse alone", "m", [5]string{"mouse", none, none, none, "light"}},
		{"a finger alone", "t", [5]string{"touch", none, none, none, "light"}},
		{"no pointer", "n", [5]string{"other", none, none, none, "light"}},
		{"a mouse and a finger", "mt", [5]string{"touch", none, none, none, "light"}},
		{"a preference, and a pointer that the browser does not know of", "r", [5]string{"unknown", "reduced", none, none, "light"}},
		{"more contrast", "mc", [5]string{"mouse", none, "more", none, "light"}},
		{"forced colours", "mf", [5]string{"mouse", none, none, "forced", "light"}},
		{"a dark theme", "td", [5]string{"touch", none, none, none, "dark"}},
		{"everything, in any order and twice", "dcrftdcrft", [5]string{"touch", "reduced", "more", "forced", "dark"}},
		{"letters behind the sixteenth", "mXXXXXXXXXXXXXXXrcfd", [5]string{"mouse", none, none, none, "light"}},
	} {
		if got := said(tt.letters); got != tt.want {
			t.Errorf("%s: MediaOf(%q) gives %v, want %v", tt.name, tt.letters, got, tt.want)
		}
	}
}

// The vocabularies have no word twice, and the zero of each is unknown.
func TestDisplayVocabularies(t *testing.T) {
	for name, codes := range map[string][]string{
		"viewport": hit.ViewportCodes(), "input": hit.InputCodes(), "motion": hit.MotionCodes(),
		"contrast": hit.ContrastCodes(), "colours": hit.ColoursCodes(), "theme": hit.ThemeCodes(),
	} {
		sorted := slices.Compact(slices.Sorted(slices.Values(codes)))
		if len(sorted) != len(codes) || slices.Contains(codes, "") || codes[0] != hit.Unknown {
			t.Errorf("the codes of %s are %q", name, codes)
		}
	}
}

// FuzzMediaOf holds that whatever is sent gives words of the vocabularies, and that
// only the first letters are read.
func FuzzMediaOf(f *testing.F) {
	for _, seed := range []string{"", "m", "tfrcd", "n", "dcrft", "0192.0.2.1"} {
		f.Add(seed, 360)
	}
	f.Fuzz(func(t *testing.T, letters string, width int) {
		got := said(letters)
		for i, codes := range [][]string{hit.InputCodes(), hit.MotionCodes(), hit.ContrastCodes(), hit.ColoursCodes(), hit.ThemeCodes()} {
			if !slices.Contains(codes, got[i]) {
				t.Errorf("MediaOf gives %q, which is no word of %q", got[i], codes)
			}
		}
		if cut := said(letters[:min(len(letters), 16)]); cut != got {
			t.Errorf("letters behind the sixteenth make %v of %v", got, cut)
		}
		if code := hit.ViewportOf(width).Code(); !slices.Contains(hit.ViewportCodes(), code) {
			t.Errorf("ViewportOf gives %q", code)
		}
	})
}
