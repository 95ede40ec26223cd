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

// A name tells the kind of a program. It has three bytes or more.
type name struct {
	text  string
	head  bool // a header must begin with it
	robot hit.Robot
}

// kinds are the names by their first three bytes: those of a triple t are
// names[starts[t]:starts[t+1]].
var kinds = newNames(crawlers, words)

type names struct {
	starts [1<<12 + 1]uint16
	names  []name
}

// newNames reads lists of names. It cannot fail: what is no name is passed over, and
// a test holds that nothing is.
func newNames(lists ...string) *names {
	var all [1 << 12][]name
	for _, list := range lists {
		for line := range strings.Lines(list) {
			if n, ok := parseName(line); ok {
				at := triple(n.text[0], n.text[1], n.text[2])
				all[at] = append(all[at], n)
			}
		}
	}
	var k names
	for at, some := range all {
		k.starts[at] = uint16(len(k.names))
		k.names = append(k.names, some...)
	}
	k.starts[len(all)] = uint16(len(k.names))
	return &k
}

// parseName reads a line of a list of names.
func parseName(line string) (name, bool) {
	code, text, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
	robot, known := hit.ParseRobot(code)
	text, head := strings.CutPrefix(text, "^")
	return name{text, head, robot}, known && len(text) >= 3
}

// triple tells most beginnings of three bytes apart; those that it does not cost a
// comparison.
func triple(a, b, c byte) uint32 {
	return (uint32(a) | uint32(b)<<8 | uint32(c)<<16) * 0x9e3779b1 >> 20
}

// Category returns the kind of the program whose User-Agent header userAgent is, by
// the longest name in it. It is asked only of headers of which Is says that they are
// programs'; of a browser's it may say anything.
func Category(userAgent string) hit.Robot {
	var room [longest]byte
	header := lower(room[:], strings.Trim(userAgent, " \t"))
	robot, length := hit.OtherRobot, 0
	for i := range max(0, len(header)-2) {
		at := triple(header[i], header[i+1], header[i+2])
		for j := kinds.starts[at]; j < kinds.starts[at+1]; j++ {
			n := &kinds.names[j]
			if len(n.text) > length && begins(header[i:], n.text) && (i == 0 || !n.head) {
				robot, length = n.robot, len(n.text)
			}
		}
	}
	return robot
}
