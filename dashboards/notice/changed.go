package notice

import (
	"fmt"
	"strings"
)

// Changed says of two forms of a notice where they differ first: under which heading, and
// what stands there. The stored one may be any text.
func Changed(stored, now []byte) string {
	was, is := strings.Split(string(stored), "\n"), strings.Split(string(now), "\n")
	heading := ""
	for i := range max(len(was), len(is)) {
		before, after := lineOf(was, i), lineOf(is, i)
		if before != after {
			before, after = apart(before, after)
			return fmt.Sprintf("under %q it says %q, and it is to say %q", heading, before, after)
		}
		if text, ok := headingOf(after); ok {
			heading = text
		}
	}
	return "nothing differs"
}

func lineOf(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return ""
}

func headingOf(line string) (string, bool) {
	if text, ok := strings.CutPrefix(line, "<h2>"); ok {
		return strings.TrimSuffix(text, "</h2>"), true
	}
	return strings.CutPrefix(line, "## ")
}

// apart cuts two lines down to where they differ, with how they begin and what stands
// just before it.
func apart(a, b string) (string, string) {
	const begin, before, most = 30, 20, 80
	one, other := []rune(a), []rune(b)
	same := 0
	for same < len(one) && same < len(other) && one[same] == other[same] {
		same++
	}
	cut := func(text []rune) string {
		said := ""
		if same > begin+before {
			said = string(text[:begin]) + "…"
			text = text[same-before:]
		}
		if len(text) > most {
			return said + string(text[:most]) + "…"
		}
		return said + string(text)
	}
	return cut(one), cut(other)
}
