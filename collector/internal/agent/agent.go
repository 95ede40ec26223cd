// Package agent turns a User-Agent header into the coarse codes of a hit: browser
// family and major version, operating system, class of device; and an
// Accept-Language header into a primary language.
//
// Only codes come out. Nothing of a header is kept: the functions allocate
// nothing, so their arguments may be views of a buffer that is used again. No
// version but the browser's major is read; browsers freeze the others.
package agent

import (
	"strings"

	"oboro/collector/hit"
)

// An Agent is what a User-Agent header tells of a browser.
type Agent struct {
	Browser hit.Browser
	Version uint16 // major version, 0 where unknown
	System  hit.System
	Device  hit.Device
}

// longest is how much of a header is read, in bytes. The longest that browsers
// send (of apps that append their build) stay below; the bound keeps the cost of
// a made-up one small.
const longest = 1024

// Of returns what userAgent tells. A header that says nothing known gives the zero
// Agent: other browser, other system, other device.
func Of(userAgent string) Agent {
	header := bounded(userAgent)
	seen := see(header)
	var a Agent
	a.System, _ = seen.system()
	a.Device, _ = seen.device(a.System)
	a.Browser, a.Version = seen.browser(a.System).read(header)
	return a
}

// With returns a with what the script tells of the main pointer: a Mac whose main pointer
// is a finger is an iPad. These ask for desktop pages as a Mac does, in every word of
// their headers, and no Mac has a screen to touch. An iPad whose main pointer is that of
// a keyboard's pad counts as the Mac it is used as; an iPhone that asks for desktop pages
// counts as an iPad.
func (a Agent) With(input hit.Input) Agent {
	if a.System == hit.MacOS && a.Device == hit.Desktop && input == hit.Touch {
		a.System, a.Device = hit.IOS, hit.Tablet
	}
	return a
}

func bounded(header string) string { return header[:min(len(header), longest)] }

// system returns the system, and whether the header names one at all.
func (seen *marks) system() (s hit.System, named bool) {
	for i := range systems {
		if seen.has(index.systems[i]) {
			return systems[i].system, true
		}
	}
	switch {
	case !seen.has(index.darwin):
		return hit.OtherSystem, false
	case seen.meets(&index.macs):
		return hit.MacOS, true
	}
	return hit.IOS, true
}

// device returns the class of device, and whether it is named and not only usual.
func (seen *marks) device(on hit.System) (d hit.Device, exact bool) {
	for i := range devices {
		if seen.has(index.devices[i]) && devices[i].on.has(on) {
			return devices[i].device, true
		}
	}
	return usual[on], false
}

// browser returns the row that decides, or nil.
func (seen *marks) browser(on hit.System) *browser {
	for i := range browsers {
		if seen.has(index.browsers[i]) && browsers[i].on.has(on) {
			return &browsers[i]
		}
	}
	return nil
}

// read returns the family of a row that was seen in header, and its version there.
func (b *browser) read(header string) (hit.Browser, uint16) {
	if b == nil || b.browser == hit.OtherBrowser {
		return hit.OtherBrowser, 0
	}
	return b.browser, b.version(header, header[find(header, b.text)+len(b.text):])
}

// A reading finds the major version of the browser in the whole header, or in
// the part after the browser's token.
type reading uint8

const (
	none     reading = iota // the header tells no version
	after                   // the digits right after the token
	word                    // the digits after the next slash of the same word
	field                   // the digits of the fourth field of a bracket
	labelled                // the digits after "Version/"
	android                 // the digits after "Android ", whose version it had up to the last, 4
	either                  // the digits after "Version/", else those after the token
	build                   // the digits after "FBAV/"
	engine                  // Trident, which is four behind Internet Explorer
)

func (b *browser) version(userAgent, rest string) uint16 {
	switch b.reading {
	case after:
		return major(rest)
	case word:
		return major(past(upTo(rest, " "), "/"))
	case field:
		return major(past(past(past(rest, "; "), "; "), "; "))
	case labelled:
		return major(past(userAgent, "Version/"))
	case either:
		if v := major(past(userAgent, "Version/")); v != 0 {
			return v
		}
		return major(rest)
	case android:
		if v := major(past(userAgent, "Android ")); v <= 4 {
			return v
		}
	case build:
		return major(past(userAgent, "FBAV/"))
	case engine:
		if v := major(rest); v != 0 {
			return min(v+4, 11) // there is none after 11
		}
	}
	return 0
}

// past returns what follows the first mark in s, or nothing.
func past(s, mark string) string {
	_, rest, _ := strings.Cut(s, mark)
	return rest
}

// upTo returns s up to the first end, or all of it.
func upTo(s, end string) string {
	head, _, _ := strings.Cut(s, end)
	return head
}

// major reads the number at the head of s, after one blank or slash. More than
// four digits are no version that a browser has, and could carry something else.
func major(s string) uint16 {
	if s != "" && (s[0] == ' ' || s[0] == '/') {
		s = s[1:]
	}
	var v uint16
	for i := 0; i < len(s) && isDigit(s[i]); i++ {
		if i == 4 {
			return 0
		}
		v = v*10 + uint16(s[i]-'0')
	}
	return v
}
