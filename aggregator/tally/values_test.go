package tally_test

import (
	"reflect"
	"slices"
	"testing"

	"oboro/aggregator/statistic"
	"oboro/aggregator/tally"
	"oboro/collector/hit"
)

// TestEveryCodeIsNamed counts one hit of every value of every closed vocabulary, and
// finds each under its own code. Seen to fail when countries are named one letter on,
// when languages are taken for countries, when systems are named as devices,
// when motion is named as contrast, when regions are named as classes of networks, and when themes are coded as colours.
func TestEveryCodeIsNamed(t *testing.T) {
	c, err := statistic.Built([]string{"traffic", "not-found"}, []byte(added))
	if err != nil {
		t.Fatal(err)
	}
	counted := tally.New(c, sites, day)
	take := func(change func(h *hit.Hit)) {
		h := hit.Hit{Day: day, Seen: ^uint32(0)}
		change(&h)
		counted.Take(h)
	}
	of := func(change func(env *hit.Environment)) {
		var env hit.Environment
		change(&env)
		take(func(h *hit.Hit) { h.Env = hit.Pack(env) })
	}
	for i := range hit.BrowserCodes() {
		of(func(env *hit.Environment) { env.Browser = hit.Browser(i) })
	}
	for i := range hit.SystemCodes() {
		of(func(env *hit.Environment) { env.System = hit.System(i) })
	}
	for i := range hit.DeviceCodes() {
		of(func(env *hit.Environment) { env.Device = hit.Device(i) })
	}
	for i := range 24 {
		take(func(h *hit.Hit) { h.Hour = hit.Hour(i) })
	}
	for _, code := range hit.CountryCodes() {
		of(func(env *hit.Environment) { env.Country, _ = hit.ParseCountry(code) })
	}
	for _, code := range hit.LanguageCodes() {
		of(func(env *hit.Environment) { env.Language, _ = hit.ParseLanguage(code) })
	}
	for i := range hit.ViewportCodes() {
		of(func(env *hit.Environment) { env.Viewport = hit.Viewport(i) })
	}
	for _, letters := range []string{"m", "t", "n", "f", "r", "c", "d"} {
		of(func(env *hit.Environment) { env.Media = hit.MediaOf(letters) })
	}
	for i := range hit.ChannelCodes() {
		take(func(h *hit.Hit) { h.Channel = hit.Channel(i) })
	}
	for i := range hit.RegionCodes() {
		of(func(env *hit.Environment) { env.Region = hit.Region(i) })
	}
	for i := range hit.NetworkClassCodes() {
		of(func(env *hit.Environment) { env.Class = hit.NetworkClass(i) })
	}
	met := map[string][]string{}
	for _, b := range counted.Cut() {
		for _, cell := range b.Cells {
			if len(cell.Keys) == 1 {
				met[b.Statistic] = append(met[b.Statistic], cell.Keys[0])
			}
		}
	}
	for id, want := range map[string][]string{
		"browsers": hit.BrowserCodes(), "systems": hit.SystemCodes(), "devices": hit.DeviceCodes(),
		"countries": hit.CountryCodes(), "languages": hit.LanguageCodes(), "hours": statistic.Values(hit.ByHour),
		"regions": hit.RegionCodes(), "network-classes": hit.NetworkClassCodes(),
		"viewports": hit.ViewportCodes(), "inputs": hit.InputCodes(), "motion": hit.MotionCodes(), "contrast": hit.ContrastCodes(),
		"colours": hit.ColoursCodes(), "themes": hit.ThemeCodes(), "channels": hit.ChannelCodes(),
	} {
		want = slices.Sorted(slices.Values(want))
		if !slices.Equal(met[id], want) {
			t.Errorf("%s have the keys %q, want %q", id, met[id], want)
		}
	}
}

// TestNoSourceIsNotUnlisted: a visit from nowhere counts as (none), one whose source
// had no room as (unlisted). Seen to fail when either is the other.
func TestNoSourceIsNotUnlisted(t *testing.T) {
	for _, tt := range []struct {
		name   string
		listed hit.Dimensions
		want   string
	}{
		{"from nowhere", hit.Of(hit.BySource), statistic.None},
		{"a source without room", 0, statistic.Unlisted},
	} {
		counted := tally.New(catalogue(t), sites, day)
		counted.Take(hit.Hit{Day: day, Listed: tt.listed, Seen: ^uint32(0)})
		got := ""
		for _, b := range counted.Cut() {
			if b.Statistic == "sources" {
				got = b.Cells[0].Keys[0]
			}
		}
		if got != tt.want {
			t.Errorf("%s: counted under %q, want %s", tt.name, got, tt.want)
		}
	}
}

// TestWarmHitsAllocateNothing holds that a hit whose cells are there costs no memory.
// Seen to fail when a page is parsed anew to be looked up.
func TestWarmHitsAllocateNothing(t *testing.T) {
	c, err := statistic.Built(nil)
	if err != nil {
		t.Fatal(err)
	}
	counted := tally.New(c, sites, day)
	stream := streamOf(t)
	all := func() {
		for _, h := range stream {
			counted.Take(h)
		}
	}
	all()
	counted.Cut()
	all()
	if n := testing.AllocsPerRun(3, all); n > 2 { // of the runtime's own, now and then
		t.Errorf("%d warm hits allocate %v times, want none", len(stream), n)
	}
}

// Hits that come with numbers of their labels are counted as those without, also where the
// state that gave them is begun anew on the same day, and where some have none. Seen to fail
// when numbers of another series are taken for those of the first, when texts are not known
// by then, when the page that a visit left is looked for by the number of the hit's own, when a page not
// found is looked for as one that is shown, and when Forget leaves the numbers.
func TestNumbersAreNoOtherLabels(t *testing.T) {
	type key struct {
		site hit.Site
		kind hit.Kind
		page hit.Page
		host hit.Host
	}
	plain, numbered := tally.New(catalogue(t), sites, day), tally.New(catalogue(t), sites, day)
	for seed := range uint64(12) {
		c := newCrowd(t, seed)
		known := map[key]uint32{}
		series, next := uint32(1), uint32(1) // the same as before Forget
		number := func(k key) uint32 {
			if k.kind == hit.Engaged {
				k.kind = hit.View
			}
			if known[k] == 0 {
				next += 1 + uint32(c.random.IntN(3))
				known[k] = next
			}
			return known[k]
		}
		for n := range 600 {
			if seed%3 > 0 && n%200 == 199 { // another state
				clear(known)
				series, next = series+1, uint32(c.random.IntN(9))
			}
			h := c.next(c.random.IntN(9)).Hit
			plain.Take(h)
			if seed%3 < 2 || c.random.IntN(4) > 0 {
				h.Numbers = hit.Numbers{Series: series, Page: number(key{h.Site, h.Kind, h.Page, hit.Host{}}),
					Source: number(key{site: h.Site, host: h.Source}), Left: number(key{h.Site, h.Kind, h.Left.Page, hit.Host{}})}
			}
			if c.random.IntN(2) == 0 {
				numbered.Take(h)
			} else {
				numbered.TakeAll([]hit.Hit{h})
			}
			if n == 300 || n == 599 {
				if got, want := numbered.Cut(), plain.Cut(); !reflect.DeepEqual(got, want) {
					t.Fatalf("seed %d: with numbers is counted\n%+v, without\n%+v", seed, got, want)
				}
			}
		}
		plain.Forget()
		numbered.Forget()
	}
}
