package logline_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"oboro/collector/internal/logline"
)

// agree fails where the swift way finds other fields or another time than the slow one.
func agree(t *testing.T, line []byte) {
	t.Helper()
	got, ok := logline.Parse(line)
	want, is := logline.Slowly(line)
	if got != want || ok != is {
		t.Fatalf("%q: the swift way finds %+v, %v, the slow way %+v, %v", line, got, ok, want, is)
	}
	span, is := logline.Stamped(line)
	if ok && (span != got.Time || !is) {
		t.Fatalf("%q: the time is at %v, %v, Parse finds it at %v", line, span, is, got.Time)
	}
	var of int64
	if is {
		of, is = logline.Seconds(span.In(line))
	}
	if at, ok := new(logline.Clock).Dated(line); at != of || ok != is {
		t.Fatalf("%q: Dated finds %d, %v, its time is %d, %v", line, at, ok, of, is)
	}
}

// Lines one or a few parts of which are not what they mostly are read the same by
// either way. Seen to fail when the swift way takes a quote for a part of the target or
// of its query, does not look at the byte before or behind a quote, takes "-" for a
// text, takes a time without its bracket (also in Dated), or takes an address above the
// digits; and when it finds the last dot behind the path's end.
func TestSwiftAgreesWithTheSlowWay(t *testing.T) {
	parts := [][]string{
		{"192.0.2.1", "1.1.1.1", "255.255.255.255", "2001:db8::1", "www.example.jp:80 192.0.2.1", "1:2", "a", "", "-", "192.0.2.1111111", "192.0.2[1", "\xb2"},
		{" - - [", " - a [", " - \"\" [", " - - ", " - -  [", " - - [["},
		{stamp, "17/May/2015:10:05:03 -0330", "17/May/2015:10:05:03", "17/May/2015:10:05:60 +0000", "31/Feb/2015:10:05:03 +0000"},
		{"] \"", "]\"", "]  \"", "\""},
		{"GET ", "POST ", "GET", "get ", "", "GET  "},
		{"/", "/a/b.css", "/1234567", "/12345678", "/a.b/c", "/a?b.c/d e", "/a?b\"c", "/a?b\" c", "/a;b=c.d", "/a#b", "/a b", "/a\"b", "/a\" b", "/!a", "/\x00", "*",
			"http://a.example/b.css", "/\xe4\xbb\xa4\x80", "/a:b>c", "/" + strings.Repeat("a/", 40) + "z.png", "/?", "/\\\"a", ""},
		{" HTTP/1.1\" ", " HTTP/2.0\" ", " HTTP/1.\" ", " HTTP/2\" ", " HTTP/\".1\" ", "\" HTTP/1.1\" ", " HTTP/1.1\\\" ", " HTTP/1.1\"", " HTTP/1. \" ", " "},
		{"200 ", "404 ", "099 ", "20 ", "2000 ", "200", "20x "},
		{"1 ", "- ", "123456 ", " ", "12", "1x "},
		{"\"-\" ", "\"https://example.com/a?b\" ", "\"-\"", "\"\" ", "\"a\"b\" ", "\"a\\\" b\" ", "\"a\\\\\" ", "\"-a\" ", "\"-\"a\" ", "\"a", ""},
		{"\"Mozilla/5.0 (X)\"", "\"-\"", "\"\"", "\"A\"", "\"A\" more", "\"A\" \"B\"", "\"A\\\"", "\"-\" more", "\"a\"b\"", "\"A", "", "A"},
		{"", "\n", "\r\n", " \n", "\r\r\n\n"},
	}
	r := rand.New(rand.NewPCG(3, 4))
	swift, slow := 0, 0
	for range 300_000 {
		line := ""
		strange := r.IntN(4) // of twelve
		for _, of := range parts {
			if r.IntN(len(parts)) < strange {
				line += of[r.IntN(len(of))]
			} else {
				line += of[0]
			}
		}
		agree(t, []byte(line))
		if logline.Swiftly([]byte(line)) {
			swift++
		} else if _, ok := logline.Slowly([]byte(line)); ok {
			slow++
		}
	}
	if swift < 50_000 || slow < 10_000 {
		t.Errorf("%d lines taken the swift way and %d the slow way, want many of both", swift, slow)
	}
}

// Lines that are counted in a run have a time that Dated finds too, from the one bound on
// and before the other. Seen to fail when a run takes a line of another hour, of a minute or
// second that is none, of the bounds' other sides, or without a bracket behind its time, and
// when it goes on behind the line's end.
func TestRunCountsWhatDatedDates(t *testing.T) {
	parts := [][]string{
		{"192.0.2.1", "1.1.1.1", "255.255.255.255", "2001:db8::1", "www.example.jp:80 192.0.2.1", "", "192.0.2[1"},
		{" - - [", " - a [", " - -  ["},
		{"17/May/2015:10:05:03 +0000", "17/May/2015:10:30:00 +0000", "17/May/2015:10:59:59 +0000", "17/May/2015:11:05:03 +0000", "17/May/2015:10:05:60 +0000",
			"17/May/2015:10:01:00 +0000", "17/May/2015:10:05:03 +0900", "17/May/2015:10:05", "18/May/2015:10:05:03 +0000"},
		{"] \"GET / HTTP/1.1\" 200 1 \"-\" \"A\"", "] 12345678", "] ", "]", ""},
		{"\n", "\r\n", "\n\n", ""},
	}
	r := rand.New(rand.NewPCG(5, 6))
	counted, bounded := 0, 0
	for range 30_000 {
		block := ""
		for range 1 + r.IntN(6) {
			strange := r.IntN(3)
			for _, of := range parts {
				if r.IntN(len(parts)) < strange {
					block += of[r.IntN(len(of))]
				} else {
					block += of[r.IntN(min(3, len(of)))/2]
				}
			}
		}
		clock := new(logline.Clock)
		at, ok := clock.Dated([]byte(parts[0][0] + parts[1][0] + parts[2][0] + parts[3][0]))
		if !ok {
			t.Fatal("the first line has no time")
		}
		from, until := at-int64(r.IntN(300)), at+1+int64(r.IntN(3600))
		n, taken := clock.Run([]byte(block), from, until)
		dated := 0
		for line := range strings.Lines(block[:taken]) {
			at, ok := new(logline.Clock).Dated([]byte(strings.TrimRight(line, "\r\n")))
			if !ok {
				continue // as an empty one, which a run may pass over
			}
			if dated++; at < from || at >= until {
				t.Fatalf("%q: counted, and its time is %d, not from %d to %d", line, at, from, until)
			}
		}
		if dated != n || taken > 0 && block[taken-1] != '\n' {
			t.Fatalf("%q: %d lines counted in %d bytes, %d of them have a time", block, n, taken, dated)
		}
		counted += n
		if n == 0 {
			bounded++
		}
	}
	if counted < 10_000 || bounded < 1000 {
		t.Errorf("%d lines counted, %d times none, want many of both", counted, bounded)
	}
}
