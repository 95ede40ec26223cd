package main

import (
	"slices"
	"strings"
)

// An entry is one text of the table, with where it counts.
type entry struct {
	text           string
	edges          []string // names of package bots: head, joined, left, right, loose, digit
	behind, before []string
}

// openings and endings are what a pattern may begin and end with beside its text.
// Longer ones come first.
var (
	openings = []struct{ source, edge string }{{"^", "head"}, {`\b\w+`, "joined"}, {`\b`, "left"}}
	endings  = []struct{ source, edge string }{{`(?:\b|_)`, "loose"}, {`\b`, "right"}, {`\d`, "digit"}}
)

// translate returns the entries that mean what the pattern of the list does, or
// false where texts with edges cannot say it.
func translate(pattern string) ([]entry, bool) {
	var e entry
	for _, o := range openings {
		if rest, ok := strings.CutPrefix(pattern, o.source); ok {
			pattern, e.edges = rest, append(e.edges, o.edge)
			break
		}
	}
	if rest, ok := strings.CutPrefix(pattern, "(?:^|[^g])"); ok {
		pattern, e.behind = rest, []string{"g"}
	}
	if rest, ok := strings.CutPrefix(pattern, "(?<!"); ok {
		inner, after, closed := strings.Cut(rest, ")")
		if !closed || !literal(inner) {
			return nil, false
		}
		pattern, e.behind = after, strings.Split(inner, "|")
	}
	if head, inner, found := strings.Cut(pattern, "(?!"); found {
		inner = strings.TrimSuffix(strings.Replace(inner, "(?:", "", 1), "))")
		inner = strings.TrimSuffix(inner, ")")
		if !literal(inner) {
			return nil, false
		}
		pattern, e.before = head, strings.Split(inner, "|")
	}
	for _, o := range endings {
		if rest, ok := strings.CutSuffix(pattern, o.source); ok {
			pattern, e.edges = rest, append(e.edges, o.edge)
			break
		}
	}
	var entries []entry
	for _, text := range expand(pattern) {
		if !fits(text, e.edges) {
			return nil, false
		}
		entries = append(entries, entry{text, e.edges, e.behind, e.before})
	}
	return entries, len(entries) > 0
}

// literal reports whether alternatives are all texts.
func literal(alternatives string) bool { return !strings.ContainsAny(alternatives, `()[]{}?*+.^$\`) }

// fits reports whether the table can hold a text: three bytes or more, in small
// letters, and a word where a word must end.
func fits(text string, edges []string) bool {
	return len(text) >= 3 && text == strings.ToLower(text) &&
		(!slices.Contains(edges, "left") || isWord(text[0])) &&
		(!slices.Contains(edges, "right") && !slices.Contains(edges, "loose") || isWord(text[len(text)-1]))
}

func isWord(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// expand returns the texts that a pattern of letters, escaped signs, classes of
// letters and letters with "?" stands for, or none where it has anything else.
func expand(pattern string) []string {
	texts := []string{""}
	for i := 0; i < len(pattern); i++ {
		choices := pattern[i : i+1]
		switch c := pattern[i]; {
		case c == '\\':
			i++
			if i == len(pattern) || isWord(pattern[i]) {
				return nil
			}
			choices = pattern[i : i+1]
		case c == '[':
			end := strings.IndexByte(pattern[i:], ']')
			if end < 0 || strings.ContainsAny(pattern[i+1:i+end], `\^`) || strings.Contains(pattern[i+1:i+end-1], "-") {
				return nil
			}
			choices = pattern[i+1 : i+end]
			i += end
		case strings.IndexByte("(){}?*+.^$|]", c) >= 0:
			return nil
		}
		optional := i+1 < len(pattern) && pattern[i+1] == '?'
		if optional {
			i++
		}
		var longer []string
		for _, t := range texts {
			if optional {
				longer = append(longer, t)
			}
			for j := range len(choices) {
				longer = append(longer, t+choices[j:j+1])
			}
		}
		texts = longer
	}
	return texts
}
