package visitors_test

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"

	"oboro/collector/hit"
	"oboro/collector/internal/visitors"
)

// A traffic makes sightings of many visitors that cost little to make, so that a
// benchmark measures the table.
type traffic struct {
	visitors uint64
	pages    []hit.Page
	hosts    []hit.Host
	random   *rand.Rand
}

// choices is how many pages each visitor goes between.
const choices = 4

func newTraffic(t testing.TB, visitors int) *traffic {
	t.Helper()
	m := &traffic{visitors: uint64(visitors), random: rand.New(rand.NewPCG(1, 2)), hosts: []hit.Host{{}}}
	for i := range 1000 {
		p, ok := hit.ParsePage(fmt.Sprintf("/guide/section-%d/page-%d.html", i%20, i))
		if !ok {
			t.Fatal("a page is refused")
		}
		m.pages = append(m.pages, p)
	}
	for i := range 50 {
		h, ok := hit.ParseHost(fmt.Sprintf("search-%d.example", i))
		if !ok {
			t.Fatal("a host is refused")
		}
		m.hosts = append(m.hosts, h)
	}
	return m
}

// spread returns n with its bits mixed, as a keyed hash would. No two have one result.
func spread(n uint64) uint64 {
	n = (n ^ n>>30) * 0xbf58476d1ce4e5b9
	n = (n ^ n>>27) * 0x94d049bb133111eb
	return n ^ n>>31
}

// of returns a sighting of one visitor, at a second of the day.
func (m *traffic) of(visitor, choice uint64, second int64) visitors.Sighting {
	s := visitors.Sighting{
		At: int64(day)*86400 + second, Hour: hit.Hour(second / 3600),
		Page: m.pages[(visitor*7+choice*(visitor%97+1))%1000], Declared: true,
		Source: m.hosts[visitor%51],
		Env:    hit.Pack(hit.Environment{Browser: hit.Browser(visitor % 20), Version: 120, System: hit.Windows, Device: hit.Desktop}),
	}
	binary.LittleEndian.PutUint64(s.Visitor[:], spread(visitor))
	binary.LittleEndian.PutUint64(s.Network[:], spread(visitor>>3))
	return s
}

// evenly returns a sighting of any visitor, each as often as another: no order is
// worse for the caches.
func (m *traffic) evenly(second int64) visitors.Sighting {
	r := m.random.Uint64()
	return m.of(r>>8%m.visitors, r%choices, second)
}

// skewed is the same with a few visitors who come often and many who hardly do, as in
// a log (Zipf 0.8).
func (m *traffic) skewed(second int64) visitors.Sighting {
	r := m.random.Uint64()
	u := float64(r>>11) / (1 << 53)
	return m.of(uint64(u*u*u*u*u*float64(m.visitors)), r%choices, second)
}

// BenchmarkAdd takes hits of known visitors on pages that they have seen.
func BenchmarkAdd(b *testing.B) {
	for _, crowd := range []int{10_000, 1_000_000} {
		m := newTraffic(b, crowd)
		table, err := visitors.New(day, builtin, bytesOf(1))
		if err != nil {
			b.Fatal(err)
		}
		for i := range choices * crowd {
			table.Add(of(m.of(uint64(i/choices), uint64(i%choices), 36000)))
		}
		for name, next := range map[string]func(int64) visitors.Sighting{"evenly": m.evenly, "skewed": m.skewed} {
			b.Run(fmt.Sprintf("%s/%d", name, crowd), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					table.Add(of(next(36060)))
				}
			})
		}
	}
}

// BenchmarkAddNew takes first hits, each of another visitor.
func BenchmarkAddNew(b *testing.B) {
	m := newTraffic(b, 1)
	table, err := visitors.New(day, builtin, bytesOf(1))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	i := uint64(0)
	for b.Loop() {
		if i++; i == visitors.Most {
			table.Destroy()
			i = 0
		}
		table.Add(of(m.of(i, 0, 36000)))
	}
}

// BenchmarkTraffic is the work of the other benchmarks that is not the table's.
func BenchmarkTraffic(b *testing.B) {
	m := newTraffic(b, 1_000_000)
	for b.Loop() {
		m.skewed(36060)
	}
}

// BenchmarkMark makes the marks of a hit.
func BenchmarkMark(b *testing.B) {
	key, err := visitors.NewKey(bytesOf(1))
	if err != nil {
		b.Fatal(err)
	}
	address := netip.MustParseAddr("192.0.2.7")
	const agent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36 Ed"
	b.Run("agent", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			key.Agent(agent)
		}
	})
	b.Run("visitor", func(b *testing.B) {
		b.ReportAllocs()
		mark := key.Agent(agent)
		for b.Loop() {
			key.Visitor(1, address, mark)
		}
	})
	b.Run("network", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			key.Network(address)
		}
	})
}

// BenchmarkReplay takes the records of a million hits back in, of 200,000 visitors
// who are seen all day.
func BenchmarkReplay(b *testing.B) {
	const hits = 1_000_000
	m := newTraffic(b, hits/5)
	table, err := visitors.New(day, builtin, bytesOf(1))
	if err != nil {
		b.Fatal(err)
	}
	log := &memory{}
	table.Journal = log
	for i := range int64(hits) {
		table.Add(of(m.evenly(i * 80_000 / hits)))
	}
	bytes := 0
	for _, r := range log.records {
		bytes += len(r)
	}
	opening := table.Opening()
	for b.Loop() {
		again, err := visitors.Reopen(opening, builtin)
		if err != nil {
			b.Fatal(err)
		}
		for _, r := range log.records {
			if _, err := again.Replay(r); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N), "s/million")
	b.ReportMetric(float64(bytes)/hits, "B/hit")
}
