package bots

import (
	_ "embed"
	"strings"

	"oboro/collector/hit"
)

// crawlers are names of programs with their kinds, one a line: a code of hit.Robot,
// a tab, and the name in small letters, with "^" before it where a header must begin
// with it.
//
//go:embed crawlers.txt
var crawlers string

// words tell the kind of a program that crawlers does not name. A longer name wins
// over them, so they never speak against it.
const words = `
feed	feed
feed	rss
feed	podcast
monitor	check
monitor	monitor
monitor	pagespeed
monitor	lighthouse
monitor	speedcurve
monitor	uptime
preview	preview
preview	unfurl
scanner	scan
scanner	nmap
scanner	openvas
archive	archive
tool	python
tool	^php
tool	^java/
tool	(java/
tool	perl
tool	ruby
tool	node
tool	curl
tool	headless
tool	httpclient
tool	http-client
tool	cypress/
tool	^postman
tool	download
ai	claude
ai	openai
ai	anthropic
ai	cohere-
ai	mistralai
`

// kinds are the names by which Category knows programs.
var kinds = newMatcher(named(crawlers), named(words))

// named reads a list of names. It cannot fail: what is no name is passed over, and a
// test holds that nothing is.
func named(list string) []pattern {
	var names []pattern
	for line := range strings.Lines(list) {
		if p, ok := parseName(line); ok {
			names = append(names, p)
		}
	}
	return names
}

// parseName reads a line of a list of names.
func parseName(line string) (pattern, bool) {
	code, text, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
	robot, known := hit.ParseRobot(code)
	p := pattern{text: text, robot: robot}
	if rest, first := strings.CutPrefix(text, "^"); first {
		p.text, p.edges = rest, head
	}
	return p, known && len(p.text) >= 3
}

// Category returns the kind of the program whose User-Agent header userAgent is, by
// the longest name in it. It is asked only of headers of which Is says that they are
// programs'; of a browser's it may say anything.
func Category(userAgent string) hit.Robot {
	var room [longest]byte
	name := kinds.longest(lower(room[:], strings.Trim(userAgent, " \t")))
	if name == nil {
		return hit.OtherRobot
	}
	return name.robot
}
