package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// kinds are the words of ours for the tags of crawler-user-agents, in the order in
// which one is taken of several.
var kinds = []struct{ tag, word string }{
	{"ai-crawler", "ai"}, {"search-engine", "search"}, {"feed-reader", "feed"}, {"scanner", "scanner"},
	{"social-preview", "preview"}, {"monitoring", "monitor"}, {"archiver", "archive"}, {"academic", "archive"},
	{"seo", "seo"}, {"advertising", "ads"}, {"http-library", "tool"}, {"browser-automation", "tool"},
}

// A crawler is an entry of crawler-user-agents.
type crawler struct {
	Pattern   string
	Instances []string
	Tags      []string
}

// kind returns the crawler's word, or nothing where its tags have none.
func (c crawler) kind() string {
	for _, k := range kinds {
		if slices.Contains(c.Tags, k.tag) {
			return k.word
		}
	}
	return ""
}

// fromCrawlers makes the table of kinds, and the sample by which it is scored.
func fromCrawlers(from string, files map[string][]byte) error {
	p, err := obtain(from)
	if err != nil {
		return err
	}
	var all []crawler
	if err := json.Unmarshal(p.files["crawler-user-agents.json"], &all); err != nil {
		return fmt.Errorf("crawler-user-agents: %w", err)
	}
	words, sample := map[string]string{}, []string{}
	for _, c := range all {
		word := c.kind()
		if word == "" {
			return fmt.Errorf("crawler-user-agents: no word for the tags %q of %q", c.Tags, c.Pattern)
		}
		for _, text := range names(c.Pattern) {
			if words[text] == "" { // the first one of two keeps it
				words[text] = word
			}
		}
		for _, instance := range c.Instances {
			if strings.ContainsAny(instance, "\t\n\r") {
				return errors.New("crawler-user-agents: an instance with a tab or an end of line")
			}
			sample = append(sample, word+"\t"+instance)
		}
	}
	head := "crawler-user-agents " + p.version + ", MIT, Copyright (c) 2017 Martin Monperrus (see NOTICE)"
	var table []string
	for text, word := range words {
		table = append(table, word+"\t"+text)
	}
	slices.Sort(table)
	files["crawlers.txt"] = []byte("# Made by ./generate from " + head + ".\n" + strings.Join(table, "\n") + "\n")
	files["testdata/crawlers.txt.gz"], err = packed("Kinds and headers of "+head, sample)
	return err
}

var anything = regexp.MustCompile(`\[\\s\\S\]\*|\(\[\^-\]\|\$\)`)

// names returns the texts, in small letters, that tell the crawlers of a pattern: a
// "^" before one is kept. Where a pattern has a gap it is told by its longest part,
// and one that ends in "$" is told without it: a name decides between programs, not
// whether it is one.
func names(pattern string) []string {
	var found []string
	for _, p := range alternatives(strings.TrimSuffix(pattern, "$")) {
		head := ""
		if rest, ok := strings.CutPrefix(p, "^"); ok {
			p, head = rest, "^"
		}
		parts := anything.Split(p, -1)
		slices.SortStableFunc(parts, func(a, b string) int { return len(b) - len(a) })
		for _, text := range expand(parts[0]) {
			if text = head + strings.ToLower(text); len(text) > 2 && !slices.Contains(found, text) {
				found = append(found, text)
			}
		}
	}
	return found
}

// alternatives returns the patterns that one with "a|b" or "x(a|b)y" stands for.
func alternatives(pattern string) []string {
	if anything.MatchString(pattern) {
		return []string{pattern}
	}
	before, rest, found := strings.Cut(strings.ReplaceAll(pattern, `\(`, "\x00"), "(")
	inner, after, closed := strings.Cut(rest, ")")
	if !found || !closed {
		return strings.Split(pattern, "|")
	}
	var all []string
	for _, a := range strings.Split(inner, "|") {
		all = append(all, strings.ReplaceAll(before+a+after, "\x00", `\(`))
	}
	return all
}

// fromFixtures makes the samples of isbot's repository.
func fromFixtures(folder string, files map[string][]byte) error {
	for name, what := range map[string]string{"crawlers": "programs", "browsers": "browsers"} {
		text, err := os.ReadFile(filepath.Join(folder, name+".yml"))
		if err != nil {
			return err
		}
		lines, err := items(string(text))
		if err != nil {
			return err
		}
		head := "Headers of " + what + ", from fixtures/" + name + ".yml of isbot's repository, The Unlicense (see NOTICE)"
		if files["testdata/isbot-"+name+".txt.gz"], err = packed(head, lines); err != nil {
			return err
		}
	}
	return nil
}

// items returns the items of lists in YAML that has nothing else but their names.
func items(text string) ([]string, error) {
	var all []string
	for _, line := range strings.Split(text, "\n") {
		item, found := strings.CutPrefix(line, "  - ")
		if found && strings.HasPrefix(item, `"`) {
			if err := json.Unmarshal([]byte(item), &item); err != nil {
				return nil, fmt.Errorf("read a quoted item: %w", err)
			}
		}
		if found {
			all = append(all, item)
		} else if strings.HasPrefix(line, " ") {
			return nil, errors.New("a line that is no item")
		}
	}
	if len(all) < 100 {
		return nil, errors.New("hardly any items")
	}
	return all, nil
}
