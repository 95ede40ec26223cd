package bots

import (
	"slices"
	"strings"
	"testing"

	"oboro/collector/hit"
)

// TestTables holds what the matchers take for granted of the tables: three bytes or
// more, small letters, no pattern twice, pardons of patterns that are there, numbers
// in order. Seen to fail on a text of two bytes, on a capital, on a pardon of "googly".
func TestTables(t *testing.T) {
	for name, table := range map[string][]pattern{"isbot": isbot, "own": own, "secrets": secrets, "doors": doors} {
		seen := map[string]bool{}
		for _, p := range table {
			if len(p.text) < 3 || p.text != strings.ToLower(p.text) {
				t.Errorf("%s: the pattern %q is shorter than three bytes or not in small letters", name, p.text)
			}
			if key := p.text + string(rune(p.edges)); seen[key] {
				t.Errorf("%s: the pattern %q stands twice", name, p.text)
			} else {
				seen[key] = true
			}
		}
	}
	for _, pardon := range pardons {
		if !slices.ContainsFunc(isbot, func(p pattern) bool { return p.text == pardon.text }) {
			t.Errorf("the pardon of %q is of no pattern of the list", pardon.text)
		}
	}
	if !slices.IsSorted(centres) || len(slices.Compact(slices.Clone(centres))) != len(centres) {
		t.Error("the numbers of data centres are not in order, or one stands twice")
	}
}

// TestOwnAreNeeded holds that each addition of ours finds what the list does not: a
// program that gives its name behind those of a browser, and no link. Seen to fail
// with an addition of "crawl".
func TestOwnAreNeeded(t *testing.T) {
	for _, p := range own {
		header := "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 " + p.text + "1 Safari/537.36"
		if listed(header) || !Is(header) {
			t.Errorf("of %q the list says %v, and Is %v", header, listed(header), Is(header))
		}
	}
}

// TestNames holds that each line of the lists of names is one, and that every kind
// has some. Seen to fail on the kind "searches", and on a name of two bytes.
func TestNames(t *testing.T) {
	met := map[hit.Robot]int{}
	for list, text := range map[string]string{"crawlers": crawlers, "words": words} {
		for line := range strings.Lines(text) {
			if strings.HasPrefix(line, "#") || line == "\n" {
				continue
			}
			n, ok := parseName(line)
			if !ok || n.text != strings.ToLower(n.text) {
				t.Errorf("%s: %q is no name", list, line)
			}
			met[n.robot]++
		}
	}
	for _, code := range hit.RobotCodes() {
		robot, ok := hit.ParseRobot(code)
		if !ok || robot.Code() != code {
			t.Errorf("ParseRobot(%q) = %v, %v", code, robot, ok)
		}
		if robot != hit.OtherRobot && met[robot] < 5 {
			t.Errorf("only %d names are of %s", met[robot], code)
		}
	}
	if _, ok := hit.ParseRobot("robots"); ok {
		t.Error("ParseRobot takes a word that is no kind")
	}
}
