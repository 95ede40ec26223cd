package logline

import "strings"

const Extensions = listed

// Slowly parses a line without the swift way.
func Slowly(line []byte) (l Line, ok bool) {
	if !l.read(unbroken(line)) {
		return Line{}, false
	}
	return l, true
}

// Swiftly reports whether the swift way takes a line.
func Swiftly(line []byte) bool { return new(Line).swift(unbroken(line)) }

// Stamped returns where the time of a line is, found without the swift way.
func Stamped(line []byte) (Span, bool) {
	var l Line
	c := begin(unbroken(line), &l)
	return l.Time, c.ok
}

// Moment reads a time in any form.
var Moment = moment

const LongestName = longestName

// NamesMet returns how often each name stands in the lists of names.
func NamesMet() map[string]int {
	met := map[string]int{}
	for _, list := range namedFields {
		for name := range strings.FieldsSeq(list) {
			if len(name) > 1 {
				met[name]++
			}
		}
	}
	return met
}
