package main

import (
	"fmt"
	"strconv"
	"strings"

	"oboro/collector/hit"
	"oboro/collector/internal/agent"
)

// A measure is how many of some samples were read rightly, and those that were not.
type measure struct {
	name      string
	right, of int
	misses    []string
}

func (m *measure) percent() float64 {
	if m.of == 0 {
		return 0
	}
	return 100 * float64(m.right) / float64(m.of)
}

func (m *measure) add(right bool, got, want, of string) {
	m.of++
	if right {
		m.right++
		return
	}
	m.misses = append(m.misses, fmt.Sprintf("%s for %s: %.300s", got, want, of))
}

// A score is how the tables fare with fixtures.
type score struct {
	family measure // of the samples whose browser we name
	major  measure // of those read rightly whose version is said
	system measure // of the samples whose system we name
	others measure // browsers that we do not name, and that were not taken for one
	alien  measure // systems likewise
}

func newScore() *score {
	return &score{
		family: measure{name: "family"}, major: measure{name: "major version"}, system: measure{name: "system"},
		others: measure{name: "other browsers left unnamed"}, alien: measure{name: "other systems left unnamed"},
	}
}

func (s *score) measures() []*measure {
	return []*measure{&s.family, &s.major, &s.system, &s.others, &s.alien}
}

func (s *score) add(f *sample) {
	got := agent.OfHints(f.userAgent, f.brands, f.mobile == agent.Mobile, agent.Platform(f.platform))
	what := strings.TrimSpace(f.userAgent + " " + f.brands)
	if f.family != "" {
		want, named := families[strings.ToLower(f.family)]
		if named {
			s.family.add(got.Browser == want, got.Browser.Code(), want.Code(), what)
		} else {
			s.others.add(got.Browser == hit.OtherBrowser, got.Browser.Code(), f.family, what)
		}
		if named && got.Browser == want && f.version != "" {
			major, _, _ := strings.Cut(f.version, ".")
			version := strconv.Itoa(int(got.Version))
			s.major.add(version == major, version, major, what)
		}
	}
	if f.system == "" {
		return
	}
	want, named := systems[strings.ToLower(f.system)]
	if !named {
		want, named = systems[strings.ToLower(f.base)]
	}
	if named {
		s.system.add(got.System == want, got.System.Code(), want.Code(), what)
	} else {
		s.alien.add(got.System == hit.OtherSystem, got.System.Code(), f.system, what)
	}
}
