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

// A throng sends hits: visitors of three hits each, who come to pages, from sources and with
// browsers by the law of Zipf, as to a large site, or many.
type throng struct {
	random                       *rand.Rand
	sites, pages, sources, types *rand.Zipf
	request                      []byte
}

func newThrong(sites, pages int) *throng {
	r := rand.New(rand.NewPCG(1, 2))
	zipf := func(n int) *rand.Zipf { return rand.NewZipf(r, 1.05, 1, uint64(n-1)) }
	return &throng{random: r, sites: zipf(sites + 1), pages: zipf(pages), sources: zipf(2000), types: zipf(150)}
}

// send hands over n hits.
func (c *throng) send(t *testing.T, to *collector.Collector, n int) {
	t.Helper()
	languages := []string{"ja,en-US;q=0.9,en;q=0.8", "ja", "ja-JP", "en-US,en;q=0.9", "zh-CN,zh;q=0.9", "ko-KR,ko;q=0.9"}
	for i := 0; i < n; i += 3 {
		site, kind, address := c.sites.Uint64(), int(c.types.Uint64()), c.random.Uint32()
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
func taken(t *testing.T) time.Duration {
	t.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		t.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// TestWhatAFlushTakes tells how many cells the hits of five minutes make, and what processor time
// their flush to a server takes here and there, of one large site and of many. docs/scaling.md has its figures. It fails where
// a flush takes more than a twentieth of what the hits take that it is of. Of these it counts 10 µs each, as
// docs/performance.md has it.
func TestWhatAFlushTakes(t *testing.T) {
	server, err := clicktest.Single(t.TempDir(), "../deploy/clickhouse")
	if errors.Is(err, clicktest.ErrMissing) {
		t.Skip("SKIPPED: " + err.Error())
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Kill) // its folder goes with it
	t.Log("sites pages hits: cells, cells a hit; ms here, µs a cell; ms of the server, µs a cell; of the hits; bytes of the record")
	for i, of := range []struct{ sites, pages, hits int }{
		{1, 20_000, 30_000}, {1, 20_000, 300_000}, {50, 5_000, 300_000}, {1, 20_000, 3_500_000}, {50, 5_000, 3_500_000},
	} {
		cells, err := clickhouse.Open(t.Context(), fmt.Sprintf("clickhouse://default@%s/flush_%d", server.Address(), i))
		if err != nil {
			t.Fatal(err)
		}
		defer cells.Close()
		f := newFlusher(t, cells, of.sites)
		crowd := newThrong(of.sites, of.pages)
		// The hits of the five minutes before have every label shared that will be.
		crowd.send(t, f.collector, of.hits)
		f.flush(t)
		crowd.send(t, f.collector, of.hits)
		f.collector.Settle()
		f.bytes, f.cells = 0, 0
		own, servers := taken(t), ofServer(t, server)
		f.flush(t)
		own, servers = taken(t)-own, ofServer(t, server)-servers
		each := func(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1000 / float64(f.cells) }
		share := float64(own) / float64(time.Duration(of.hits)*10*time.Microsecond)
		load, _ := os.ReadFile("/proc/loadavg") // for whoever reads the figures
		t.Logf("%d %d %d: %d, %.3f; %d, %.2f; %d, %.2f; %.1f %%; %d; load %s", of.sites, of.pages, of.hits, f.cells, float64(f.cells)/float64(of.hits),
			own.Milliseconds(), each(own), servers.Milliseconds(), each(servers), 100*share, f.bytes, strings.TrimSpace(string(load)))
		if share > 0.05 && of.hits >= 300_000 {
			t.Errorf("the flush of %d hits takes %.1f %% of what they take, want 5 at most", of.hits, 100*share)
		}
	}
}

func ofServer(t *testing.T, server *clicktest.Node) time.Duration {
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

func newFlusher(t *testing.T, cells *clickhouse.Store, sites int) *flusher {
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
	for i := range sites + 1 {
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

func (f *flusher) flush(t *testing.T) {
	t.Helper()
	if err := f.aggregator.Flush(context.Background()); err != nil {
		t.Fatal(err)
	}
}
