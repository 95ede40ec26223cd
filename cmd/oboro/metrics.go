package main

import (
	"net/http"
	"runtime"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"oboro/collector"
)

// metrics tells operators how the process fares. Metrics are statistics that skip
// disclosure control, so none has a label of a site, a page or a country.
type metrics struct {
	app       *app
	collector *collector.Collector
	refusals  *atomic.Uint64 // of tables of places and networks
}

var (
	buildInfo = prometheus.NewDesc("oboro_build_info", "Version of the program.", []string{"version", "goversion"}, nil)
	received  = prometheus.NewDesc("oboro_collector_hits_total", "Requests to count a hit, by outcome.", []string{"outcome"}, nil)
	logBytes  = prometheus.NewDesc("oboro_collector_ramlog_bytes", "Bytes that the RAM log of the day takes.", nil, nil)
	logLimit  = prometheus.NewDesc("oboro_collector_ramlog_limit_bytes", "Bytes of the RAM log from which on hits are shed.", nil, nil)
	panicked  = prometheus.NewDesc("oboro_collector_panics_total", "Requests that ended in a panic.", nil, nil)
	open      = prometheus.NewDesc("oboro_collector_connections", "Connections of visitors and their proxies that are open.", nil, nil)
	refused   = prometheus.NewDesc("oboro_collector_connections_refused_total", "Connections closed at once, by the bound that they were beyond.", []string{"bound"}, nil)
	unpaced   = prometheus.NewDesc("oboro_collector_unpaced_hits_total", "Hits taken without a look at their rate, since too many networks were ahead of theirs.", nil, nil)
	tables    = prometheus.NewDesc("oboro_collector_tables_refused_total", "Times that a file of places or networks could not be put in use.", nil, nil)
	reverse   = prometheus.NewDesc("oboro_collector_reverse_dns_total", "Questions of reverse DNS, by what became of them.", []string{"outcome"}, nil)
	queued    = prometheus.NewDesc("oboro_aggregator_queue_batches", "Batches that wait for the store.", nil, nil)
	cells     = prometheus.NewDesc("oboro_aggregator_queue_cells", "Cells in the batches that wait for the store.", nil, nil)
	mostCells = prometheus.NewDesc("oboro_aggregator_queue_limit_cells", "Cells from which on hits are refused while the store takes nothing.", nil, nil)
	held      = prometheus.NewDesc("oboro_aggregator_quarantine_batches", "Batches in quarantine: they came after the seal of their day, or nobody can tell whether the store has them.", nil, nil)
	heldCells = prometheus.NewDesc("oboro_aggregator_quarantine_cells", "Cells in the batches in quarantine.", nil, nil)
	missing   = prometheus.NewDesc("oboro_aggregator_collectors_missing", "Declared collectors without which the newest day was sealed.", nil, nil)
	replaced  = prometheus.NewDesc("oboro_collector_replaced", "1 where another process takes hits as this collector, and this one takes none.", nil, nil)
	flushed   = prometheus.NewDesc("oboro_aggregator_flush_ok", "1 where the latest flush reached the store.", nil, nil)
	copied    = prometheus.NewDesc("oboro_checkpoint_copy_ok", "1 where the checkpoints stand in checkpoint_copy, or none is configured.", nil, nil)
)

// Describe implements prometheus.Collector.
func (m metrics) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		buildInfo, received, logBytes, logLimit, panicked, open, refused, unpaced, tables, reverse, queued, cells, mostCells, held, heldCells, flushed, missing, replaced, copied,
	} {
		to <- d
	}
}

// Collect implements prometheus.Collector.
func (m metrics) Collect(to chan<- prometheus.Metric) {
	to <- prometheus.MustNewConstMetric(buildInfo, prometheus.GaugeValue, 1, version, runtime.Version())
	if m.collector != nil {
		m.collect(to)
	}
	stand := 1.0
	if m.app.copies.words() != "" {
		stand = 0
	}
	to <- prometheus.MustNewConstMetric(copied, prometheus.GaugeValue, stand)
	to <- prometheus.MustNewConstMetric(missing, prometheus.GaugeValue, float64(len(m.app.aggregator.Missing())))
	waitingCells, _ := m.app.aggregator.Waiting()
	to <- prometheus.MustNewConstMetric(cells, prometheus.GaugeValue, float64(waitingCells))
	waiting, failing := m.app.aggregator.Queue()
	to <- prometheus.MustNewConstMetric(queued, prometheus.GaugeValue, float64(waiting))
	aside, cellsAside := m.app.aggregator.Held()
	to <- prometheus.MustNewConstMetric(held, prometheus.GaugeValue, float64(aside))
	to <- prometheus.MustNewConstMetric(heldCells, prometheus.GaugeValue, float64(cellsAside))
	ok := 1.0
	if failing {
		ok = 0
	}
	to <- prometheus.MustNewConstMetric(flushed, prometheus.GaugeValue, ok)
}

// collect tells how the collector fares.
func (m metrics) collect(to chan<- prometheus.Metric) {
	m.collector.Counts(func(word string, n uint64) {
		to <- prometheus.MustNewConstMetric(received, prometheus.CounterValue, float64(n), word)
	})
	to <- prometheus.MustNewConstMetric(panicked, prometheus.CounterValue, float64(m.collector.Panics()))
	used, limit := m.app.journal.size()
	to <- prometheus.MustNewConstMetric(logBytes, prometheus.GaugeValue, float64(used))
	to <- prometheus.MustNewConstMetric(logLimit, prometheus.GaugeValue, float64(limit))
	connections, ofNetwork, ofAll := m.collector.Connections()
	to <- prometheus.MustNewConstMetric(open, prometheus.GaugeValue, float64(connections))
	to <- prometheus.MustNewConstMetric(refused, prometheus.CounterValue, float64(ofNetwork), "network")
	to <- prometheus.MustNewConstMetric(refused, prometheus.CounterValue, float64(ofAll), "all")
	to <- prometheus.MustNewConstMetric(unpaced, prometheus.CounterValue, float64(m.collector.Unpaced()))
	to <- prometheus.MustNewConstMetric(tables, prometheus.CounterValue, float64(m.refusals.Load()))
	m.collector.ReverseCounts(func(outcome string, n uint64) {
		to <- prometheus.MustNewConstMetric(reverse, prometheus.CounterValue, float64(n), outcome)
	})
	other := 0.0
	if m.app.aggregator.Replaced() {
		other = 1
	}
	to <- prometheus.MustNewConstMetric(replaced, prometheus.GaugeValue, other)
	to <- prometheus.MustNewConstMetric(mostCells, prometheus.GaugeValue, float64(m.app.journal.most()))
}

// operators answers the operators' routes.
func operators(m metrics) http.Handler {
	registry := prometheus.NewRegistry()
	registry.MustRegister(m, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		w.Write([]byte("ok\n"))
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if m.collector == nil {
			w.Write([]byte("ready\n" + m.app.copies.words()))
			return
		}
		if m.app.aggregator.Replaced() {
			http.Error(w, "another process takes hits as this collector, and this one takes none: stop one of them", http.StatusServiceUnavailable)
			return
		}
		if m.app.backlogged() {
			http.Error(w, "the store does not take what was counted, and no more can wait for it; hits are refused", http.StatusServiceUnavailable)
			return
		}
		if _, failing := m.app.aggregator.Waiting(); failing {
			http.Error(w, "the store does not take what was counted; hits are kept in memory", http.StatusServiceUnavailable)
			return
		}
		if m.app.journal.full() {
			http.Error(w, "the RAM log is full; hits are shed until the day changes or its file system has room", http.StatusServiceUnavailable)
			return
		}
		w.Write([]byte("ready\n" + m.app.copies.words()))
	})
	return mux
}
