package tally_test

import (
	"fmt"
	"testing"

	"oboro/aggregator/statistic"
	"oboro/aggregator/tally"
	"oboro/collector/hit"
)

// BenchmarkTake counts warm hits and their meter by the built-in catalogue, and with
// pages by device beside it.
func BenchmarkTake(b *testing.B) {
	b.Run("built-in", func(b *testing.B) { take(b) })
	b.Run("crossed", func(b *testing.B) {
		take(b, []byte("- {id: page-devices, title: {ja: a, en: a}, purpose: {ja: a, en: a}, dimensions: [page, device], measures: [visitors], grain: day, retention: 13, reach: 10, audience: team}"))
	})
}

func take(b *testing.B, more ...[]byte) {
	c, err := statistic.Built(nil, more...)
	if err != nil {
		b.Fatal(err)
	}
	stream := streamOf(b)
	counted := tally.New(c, []string{"alpha"}, day)
	for _, h := range stream {
		counted.Take(h)
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		counted.Take(stream[i%len(stream)])
		i++
	}
}

// streamOf returns hits of visits of three views: 2,000 pages, 50 sources, 50
// countries, 20 browsers.
func streamOf(t testing.TB) []hit.Hit {
	t.Helper()
	var pages []hit.Page
	var hosts []hit.Host
	for i := range 2000 {
		p, ok := hit.ParsePage(fmt.Sprintf("/guide/section-%d/page-%d.html", i%20, i))
		if !ok {
			t.Fatal("a page is refused")
		}
		pages = append(pages, p)
	}
	for i := range 50 {
		h, ok := hit.ParseHost(fmt.Sprintf("search-%d.example", i))
		if !ok {
			t.Fatal("a host is refused")
		}
		hosts = append(hosts, h)
	}
	var stream []hit.Hit
	for i := range 8192 {
		visit := i / 3
		country, _ := hit.ParseCountry(hit.CountryCodes()[1+visit%50])
		language, _ := hit.ParseLanguage(hit.LanguageCodes()[1+visit%30])
		h := hit.Hit{
			Day: day, Hour: hit.Hour(i / 1000), Page: pages[i*i%2000], Source: hosts[visit%50],
			Env: hit.Pack(hit.Environment{
				Browser: hit.Browser(visit % 20), Version: 100, System: hit.System(visit % 8),
				Device: hit.Device(visit % 4), Country: country, Language: language,
			}),
			Listed: hit.Of(hit.ByPage, hit.BySource),
		}
		switch i % 3 {
		case 0:
			h.Moves, h.Seen, h.Reach = hit.Begins|hit.Capped, ^uint32(0), ^uint32(0)
		case 1:
			h.Moves = hit.Follows | hit.Second
		case 2:
			h.Moves = hit.Follows
		}
		if h.Moves&hit.Follows != 0 {
			h.Left = hit.Left{Page: stream[i-1].Page, Hour: stream[i-1].Hour}
		}
		stream = append(stream, h)
	}
	return stream
}
