package intake

import (
	"net/netip"
	"regexp"
	"strings"
	"testing"

	"oboro/collector/hit"
	"oboro/collector/internal/network"
	"oboro/collector/internal/visitors"
)

// networked is everything with places and networks, each of which counts how often it is
// asked.
func networked(t *testing.T) (in *Intake, asked map[string]int) {
	t.Helper()
	in, asked = everything(), map[string]int{}
	in.Plan.Computes |= hit.Of(hit.ByCountry) | hit.OfAddress
	names, err := network.New(network.Config{})
	if err != nil {
		t.Fatal(err)
	}
	japan, _ := hit.ParseCountry("JP")
	in.Place = func(address netip.Addr) (hit.Country, hit.Region) {
		asked["place"]++
		return japan, hit.Region(address.As16()[15] % 47)
	}
	in.Network = func(address netip.Addr, host string, country hit.Country) network.Network {
		asked["network"]++
		if host == "" && address.As16()[15] != 0 { // as in a file
			host = []string{"pc.example.ac.jp", "a.example.co.jp", "www.example.com"}[address.As16()[15]%3]
		}
		return names.Of(address, host, country)
	}
	in.DataCentre = func(address netip.Addr) bool {
		asked["centre"]++
		return address.As16()[15] == 9
	}
	return in, asked
}

func sightingOf(t *testing.T, in *Intake, r raw, key *visitors.Key) visitors.Sighting {
	t.Helper()
	s, outcome := in.truncate(r, 0, now, key)
	if outcome != Kept {
		t.Fatalf("outcome %q, want kept", outcome.Word())
	}
	return s
}

// A sender is in the place and network that its address was found in at first: what is
// remembered says the same, and asks nobody again. One without a domain is known too.
// Seen to fail when the owner is not remembered, when its bit is not set, when it is
// another sender's, when the bit is set for all, and when the class is told of no country.
func TestNetworkIsRemembered(t *testing.T) {
	in, asked := networked(t)
	key := newTable(t, in.Plan).Key
	for _, tt := range []struct {
		name, address, domain string
		region                hit.Region
		class                 hit.NetworkClass
		centre                bool
	}{
		{"a university", "198.51.100.3", "example.ac.jp", 3, hit.Academia, false},
		{"a company", "198.51.100.4", "example.co.jp", 4, hit.Companies, false},
		{"another name in Japan", "198.51.100.5", "example.com", 5, hit.GeneralJapan, false},
		{"no name", "198.51.100.0", "", 0, hit.UnknownNetwork, false},
		{"servers for rent", "198.51.100.9", "example.ac.jp", 9, hit.Academia, true},
	} {
		r := raw{address: netip.MustParseAddr(tt.address), agent: firefox, path: "/guide/x"}
		clear(asked)
		for range 3 {
			s := sightingOf(t, in, r, key)
			if s.Domain.Name() != tt.domain || s.Env.Unpack().Region != tt.region || s.Env.Unpack().Class != tt.class || s.Env.Unpack().Country.Code() != "JP" || s.Centre != tt.centre {
				t.Errorf("%s: %q, %s, %s, %s, in a data centre %v", tt.name, s.Domain.Name(), s.Env.Unpack().Class.Code(), s.Env.Unpack().Region.Code(), s.Env.Unpack().Country.Code(), s.Centre)
			}
		}
		for who, n := range asked {
			if n != 1 {
				t.Errorf("%s: %s is asked %d times for one sender, want once", tt.name, who, n)
			}
		}
		if n := testing.AllocsPerRun(100, func() { in.truncate(r, 0, now, key) }); n != 0 {
			t.Errorf("%s: a hit allocates %.0f times once its sender is known, want 0", tt.name, n)
		}
	}
	// What was pushed out of the one memory is found anew.
	r := raw{address: netip.MustParseAddr("198.51.100.3"), agent: firefox, path: "/guide/x"}
	in.memory.owners.Forget()
	if s := sightingOf(t, in, r, key); s.Domain.Name() != "example.ac.jp" {
		t.Errorf("a domain that was pushed out comes back as %q", s.Domain.Name())
	}
}

// Each statistic by itself computes its own detail, and none of the others. Seen to fail
// when a detail is kept without asking the plan.
func TestPlanOfNetworks(t *testing.T) {
	for d, want := range map[hit.Dimension]visitors.Sighting{
		hit.ByCountry:      {Env: hit.Pack(hit.Environment{Country: japanese()})},
		hit.ByRegion:       {Env: hit.Pack(hit.Environment{Region: 3})},
		hit.ByNetworkClass: {Env: hit.Pack(hit.Environment{Class: hit.Academia})},
		hit.ByNetwork:      {Domain: domain(t, "example.ac.jp")},
	} {
		in, asked := networked(t)
		in.Plan.Computes, in.DataCentre = hit.Of(d), nil
		r := raw{address: netip.MustParseAddr("198.51.100.3"), agent: firefox, path: "/guide/x"}
		s := sightingOf(t, in, r, newTable(t, in.Plan).Key)
		s = visitors.Sighting{Env: s.Env, Domain: s.Domain, Centre: s.Centre}
		if s != want {
			t.Errorf("for %s alone is kept %+v, want %+v", d, s, want)
		}
		if d == hit.ByNetwork && asked["place"] > 0 || (d == hit.ByCountry || d == hit.ByRegion) && asked["network"] > 0 {
			t.Errorf("for %s alone are asked: %v", d, asked)
		}
	}
}

func japanese() hit.Country { c, _ := hit.ParseCountry("JP"); return c }

func domain(t *testing.T, name string) hit.Host {
	t.Helper()
	h, ok := hit.ParseHost(name)
	if !ok {
		t.Fatalf("%s is no host", name)
	}
	return h
}

// A line of a log that has a host name in place of an address counts, in its domain and
// without a place; two names are two visitors, and all names are one truncated network. A
// name of no registry is no address, as before. Seen to fail when the stand-in is of no
// name, when each name is a network of its own, when the tables are asked where the
// stand-in is, and when any text stands for an address.
func TestHostNamesOfLogs(t *testing.T) {
	in, asked := networked(t)
	key := newTable(t, in.Plan).Key
	line := func(field string) (visitors.Sighting, Outcome) {
		return in.truncate(raw{named: field, agent: firefox, path: "/guide/x"}, 0, now, key)
	}
	seen := map[visitors.Mark]string{}
	var network visitors.Mark
	for name, want := range map[string]struct {
		domain string
		class  hit.NetworkClass
	}{
		"pc1.cs.example.ac.jp":              {"example.ac.jp", hit.Academia},
		"pc2.cs.example.ac.jp":              {"example.ac.jp", hit.Academia},
		"PROXY.City.Kobe.LG.JP":             {"city.kobe.lg.jp", hit.LocalGovernment},
		"p203-0-113-77.tokyo.ocn.ne.jp":     {"ocn.ne.jp", hit.NetworkServices},
		"203-0-113-77.dynamic.example.com.": {"example.com", hit.ForeignNetworks},
	} {
		for range 2 {
			s, o := line(name)
			if o != Kept || s.Env.Unpack().Class != want.class || s.Env.Unpack().Region != 0 || s.Env.Unpack().Country != (hit.Country{}) || s.Centre {
				t.Errorf("%s is %s, %s in %s of %s", name, o.Word(), s.Env.Unpack().Class.Code(), s.Env.Unpack().Region.Code(), s.Env.Unpack().Country.Code())
			}
			if name != "PROXY.City.Kobe.LG.JP" && s.Domain.Name() != want.domain {
				t.Errorf("%s is in %q, want %s", name, s.Domain.Name(), want.domain)
			}
			if other, ok := seen[s.Visitor]; ok && other != name {
				t.Errorf("%s and %s are one visitor", name, other)
			}
			seen[s.Visitor] = name
			if network == (visitors.Mark{}) {
				network = s.Network
			}
			if s.Network != network {
				t.Errorf("%s is of a truncated network of its own", name)
			}
		}
	}
	if asked["place"]+asked["centre"] > 0 {
		t.Errorf("asked of stand-ins: %v", asked)
	}
	for _, name := range []string{"localhost", "-", "", "unknown", "co.jp", "p1234.isp.example", "77.113.0.203.in-addr.arpa", "999.1.1.1"} {
		if _, o := line(name); o != NoAddress {
			t.Errorf("%q is %s, want no address", name, o.Word())
		}
	}
}

var fourDigits = regexp.MustCompile(`[0-9]{4}|([0-9]{1,3}[.-]){2}[0-9]`)

// Of no address and no host name do four digits in a row, or three numbers of it, reach a
// sighting: the domain is the one text in it that comes of an address. Seen to fail when a host
// may hold numbers.
func FuzzNoDigitsInDomains(f *testing.F) {
	for _, seed := range []string{
		"p203-0-113-77.tokyo.ocn.ne.jp", "203-0-113-77.jp", "x2001db8000000001.jp", "2001.db8.1234.example.co.jp", "1234567.com", "203.0.113.77",
		"2001:db8::1234", "p4fd1a2b3.dip0.t-ipconnect.de", "0123.4567.89ab.cdef.ip6.arpa",
	} {
		f.Add(seed)
	}
	names, err := network.New(network.Config{})
	if err != nil {
		f.Fatal(err)
	}
	in := everything()
	in.Plan.Computes |= hit.OfAddress
	in.Network = names.Of
	table, err := visitors.New(hit.DayOf(now), in.Plan, strings.NewReader(strings.Repeat("k", 64)))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, field string) {
		s, o := in.truncate(raw{named: field, agent: firefox, path: "/guide/x"}, 0, now, table.Key)
		if o == Kept && fourDigits.MatchString(s.Domain.Name()) {
			t.Errorf("%q is in %q, which holds digits of it", field, s.Domain.Name())
		}
	})
}
