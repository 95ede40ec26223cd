package agent

import (
	"strings"
	"testing"

	"oboro/collector/hit"
)

// TestTables holds what the index takes for granted of the tables.
func TestTables(t *testing.T) {
	var texts []string
	for _, s := range systems {
		texts = append(texts, s.text)
	}
	for _, d := range devices {
		texts = append(texts, d.text)
	}
	for _, b := range browsers {
		texts = append(texts, b.text)
	}
	texts = append(texts, darwin, processor, older)
	distinct := map[string]bool{}
	for _, text := range texts {
		distinct[text] = true
		if text == "" || !isLetter(text[0]) {
			t.Errorf("the token %q does not begin with a letter: see would pass it over", text)
		}
	}
	if room := len(marks{}) * 64; len(distinct) > room {
		t.Errorf("%d different tokens, but marks has room for %d", len(distinct), room)
	}
	if len(usual) != len(hit.SystemCodes()) {
		t.Errorf("usual knows %d systems, the vocabulary %d", len(usual), len(hit.SystemCodes()))
	}
}

// TestReachable holds that no browser row stands behind one that always wins.
func TestReachable(t *testing.T) {
	for i, late := range browsers {
		for _, early := range browsers[:i] {
			if strings.HasPrefix(late.text, early.text) && early.on == 0 {
				t.Errorf("the token %q never decides: %q stands before it", late.text, early.text)
			}
		}
	}
}
