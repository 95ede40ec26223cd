//go:build long

package collector_test

import (
	"context"
	crypto "crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"oboro/aggregator"
	"oboro/aggregator/statistic"
	"oboro/aggregator/store"
	"oboro/aggregator/store/clickhouse"
	"oboro/aggregator/store/clickhouse/clicktest"
	"oboro/collector"
	"oboro/collector/hit"
	"oboro/internal/ramlog"
)

// visitors are as many as a throng has, fewer than a collector knows on one day.
const visitors = 1_500_000

// A throng sends hits: visitors of three hits at once, who come to pages, from sources and with
// browsers by the law of Zipf, as to large sites, or many.
type throng struct {
	random                       *rand.Rand
	sites, pages, sources, types *rand.Zipf
	request                      []byte
}

func newThrong(sites, pages int) *throng {
	r := rand.New(rand.NewPCG(1, 2))
	zipf := func(n int) *rand.Zipf { return rand.NewZipf(r, 1.05, 1, uint64(n-1)) }
	return &throng{random: r, sites: zipf(sites), pages: zipf(pages), sources: zipf(2000), types: zipf(150)}
}

// send hands over n hits.
func (c *throng) send(t testing.TB, to *collector.Collector, n int) {
	t.Helper()
	languages := []string{"ja,en-US;q=0.9,en;q=0.8", "ja", "ja-JP", "en-US,en;q=0.9", "zh-CN,zh;q=0.9", "ko-KR,ko;q=0.9"}
	for i := 0; i < n; i += 3 {
		site, kind, address := c.sites.Uint64(), int(c.types.Uint64()), c.random.Uint32N(visitors)*2654435761 // spread over all networks
		source := ""
		if c.random.IntN(2) == 0 {
			source = fmt.Sprintf("https://www.source-%d.example/", c.sources.Uint64())
		}
		for range 3 {
			page := c.pages.Uint64()
			body := fmt.Sprintf(`{"u":"https://s%d.example/guide/section-%d/page-%d.html","r":%q,"w":%d}`, site, page%20, page, source, 360+kind*10)
			c.request = fmt.Appendf(c.request[:0], "POST /hit HTTP/1.1\r\nHost: stats.example\r\nX-Forwarded-For: %d.%d.%d.%d\r\nUser-Agent: %s\r\n"+
				"Accept-Language: %s\r\nContent-Length: %d\r\n\r\n%s", 1+address>>24%126, address>>16&255, address>>8&255, address&255,
				fmt.Sprintf(agents[kind%len(agents)], 115+kind/len(agents)), languages[kind%len(languages)], len(body), body)
			if !to.Plain(peer{}, c.request) {
				t.Fatalf("%q is not taken", c.request)
			}
			source = ""
		}
	}
}

// taken returns the processor time that this process has taken.
func taken(t testing.TB) time.Duration {
	t.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		t.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// BenchmarkFlush flushes the hits of five minutes to a server, of two large sites and of many: -benchtime 3x
// does it three times. It tells how many cells they make, the processor time that the flush
// takes here and in the server, and its share of what the hits take, of 10 µs each as docs/performance.md has it.
// docs/scaling.md has its figures.
func BenchmarkFlush(b *testing.B) {
	server, err := clicktest.Single(b.TempDir(), "../deploy/clickhouse")
	if errors.Is(err, clicktest.ErrMissing) {
		b.Skip("SKIPPED: " + err.Error())
	}
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(server.Kill) // its folder goes with it
	for _, of := range []struct{ sites, pages, hits int }{
		{2, 20_000, 30_000}, {2, 20_000, 300_000}, {50, 5_000, 300_000}, {2, 20_000, 3_500_000}, {50, 5_000, 3_500_000},
	} {
		b.Run(fmt.Sprintf("hits=%d/sites=%d/pages=%d", of.hits, of.sites, of.pages), func(b *testing.B) {
			var name [4]byte
			crypto.Read(name[:]) // never fails
			cells, err := clickhouse.Open(b.Context(), fmt.Sprintf("clickhouse://default@%s/flush_%x", server.Address(), name))
			if err != nil {
				b.Fatal(err)
			}
			defer cells.Close()
			f := newFlusher(b, cells, of.sites)
			throng := newThrong(of.sites, of.pages)
			// The hits of the five minutes before have every label shared that will be.
			throng.send(b, f.collector, of.hits)
			f.flush(b)
			f.bytes, f.cells = 0, 0
			var own, servers time.Duration
			for range b.N {
				b.StopTimer()
				throng.send(b, f.collector, of.hits)
				f.collector.Settle()
				ownBefore, serversBefore := taken(b), ofServer(b, server)
				b.StartTimer()
				f.flush(b)
				own, servers = own+taken(b)-ownBefore, servers+ofServer(b, server)-serversBefore
			}
			each := func(n float64) float64 { return n / float64(b.N) }
			b.ReportMetric(each(float64(f.cells)), "cells")
			b.ReportMetric(each(float64(f.bytes)), "bytes")
			b.ReportMetric(each(float64(own.Milliseconds())), "ms-here")
			b.ReportMetric(each(float64(servers.Milliseconds())), "ms-server")
			b.ReportMetric(each(100*float64(own)/float64(time.Duration(of.hits)*10*time.Microsecond)), "%-of-hits")
			load, _ := os.ReadFile("/proc/loadavg") // for whoever reads the figures
			b.Log("load " + strings.TrimSpace(string(load)))
		})
	}
}

func ofServer(t testing.TB, server *clicktest.Node) time.Duration {
	t.Helper()
	took, err := server.CPU()
	if err != nil {
		t.Fatal(err)
	}
	return took
}

// A flusher is a collector of several, with its aggregator, its RAM log and a store that notes what
// it is sent.
type flusher struct {
	collector    *collector.Collector
	aggregator   *aggregator.Aggregator
	cells, bytes int
}

// noting is a store that notes how many cells it is sent.
type noting struct {
	*clickhouse.Store
	of *flusher
}

func (n noting) Add(ctx context.Context, id store.BatchID, batch store.Batch) error {
	n.of.cells += len(batch.Cells)
	return n.Store.Add(ctx, id, batch)
}

func newFlusher(t testing.TB, cells *clickhouse.Store, sites int) *flusher {
	t.Helper()
	catalogue, err := statistic.Built(nil)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("/dev/shm", "oboro-flush-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	log, err := ramlog.Open(dir, crypto.Reader, 1<<30)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { log.Close() })
	if err := log.Replay(func([]byte) error { return nil }); err != nil {
		t.Fatal(err)
	}
	f := &flusher{}
	var ids []string
	var of []collector.Site
	for i := range sites {
		ids = append(ids, fmt.Sprintf("s%d", i))
		of = append(of, collector.Site{ID: ids[i], Hosts: []string{ids[i] + ".example"}})
	}
	f.aggregator, err = aggregator.New(t.Context(), aggregator.Config{
		Catalogue: catalogue, Sites: ids, Store: noting{cells, f}, Zone: tokyo, Now: func() time.Time { return noon },
		Random: crypto.Reader, K: 10, Log: slog.New(slog.NewJSONHandler(io.Discard, nil)), Collector: "one",
		Record: func(record []byte) error { f.bytes += len(record); return log.Append(record) },
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.aggregator.Turned(hit.DayOf(noon), func([][]byte) error { return nil }); err != nil {
		t.Fatal(err)
	}
	config := newWorld(t, everything).config(catalogue.Plan())
	config.Sites, config.Sink, config.Turned, config.Now = of, f.aggregator, nil, func() time.Time { return noon }
	if f.collector, err = collector.New(config); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.collector.Close)
	return f
}

func (f *flusher) flush(t testing.TB) {
	t.Helper()
	if err := f.aggregator.Flush(context.Background()); err != nil {
		t.Fatal(err)
	}
}
