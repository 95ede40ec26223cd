package objection_test

import (
	"strings"
	"testing"

	"oboro/collector/internal/objection"
)

// The flag is one cookie of that name and value, wherever it stands; what looks like it
// is none. Seen to fail when In looks for the flag anywhere in the header.
func TestIn(t *testing.T) {
	for header, want := range map[string]bool{
		"oboro_objection=1":                   true,
		"a=b; oboro_objection=1":              true,
		"oboro_objection=1; a=b":              true,
		"a=b;oboro_objection=1 ;c=d":          true,
		";;\toboro_objection=1;":              true,
		"":                                    false,
		";":                                   false,
		"oboro_objection=0":                   false,
		"oboro_objection=":                    false,
		"oboro_objection=10":                  false,
		"Oboro_objection=1":                   false,
		"xoboro_objection=1":                  false,
		"a=oboro_objection=1":                 false,
		"a=\"b; c\"; oboro_objection=2":       false,
		strings.Repeat(";", 1<<14):            false,
		strings.Repeat("oboro_objection=", 9): false,
	} {
		if got := objection.In(header); got != want {
			t.Errorf("In(%.60q) = %v, want %v", header, got, want)
		}
	}
}

// What is given to a browser holds the flag and its bounds, and nothing that could tell
// one browser from another. Seen to fail when Set gets a Domain.
func TestGiven(t *testing.T) {
	if want := "oboro_objection=1; Path=/; Max-Age=34560000; SameSite=Lax"; objection.Set != want {
		t.Errorf("Set = %q, want %q", objection.Set, want)
	}
	if want := "oboro_objection=1; Path=/; Max-Age=0; SameSite=Lax"; objection.Unset != want {
		t.Errorf("Unset = %q, want %q", objection.Unset, want)
	}
}

// FuzzIn holds that the flag is found where it is added to any header, and that looking
// allocates nothing.
func FuzzIn(f *testing.F) {
	f.Add("a=b; c=d")
	f.Add("oboro_objection=2;")
	f.Add("\xff;\x00=;;")
	f.Fuzz(func(t *testing.T, header string) {
		if !objection.In(header+"; "+objection.Flag) || !objection.In(objection.Flag+"; "+header) {
			t.Errorf("the flag is not found beside %q", header)
		}
		if n := testing.AllocsPerRun(1, func() { objection.In(header) }); n != 0 {
			t.Errorf("looking into %q allocates %v times", header, n)
		}
	})
}
