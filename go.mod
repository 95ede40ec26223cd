module oboro

go 1.26.0

// modernc.org/sqlite's tests name a version that cannot be had; tidy then
// takes an older one, which is not linked.
exclude github.com/google/pprof v0.0.0-20261016150608-1facf8f91b50

require (
	// Signs so that Debian's minisign, which is none of ours, confirms the published folder.
	aead.dev/minisign v0.3.0
	// Speaks with ClickHouse servers, old and new; named by the commission. Pinned: its
	// maintainers do not test servers as old as Debian's.
	github.com/ClickHouse/clickhouse-go/v2 v2.50.0
	// The command line: help that teaches, every flag also an environment variable.
	github.com/alecthomas/kong v1.17.0
	// Tests ask Chromium for forced and dark colours by it; chromedp brings it along.
	github.com/chromedp/cdproto v0.159.0
	// Tests drive a real Chromium with it.
	github.com/chromedp/chromedp v0.23.0
	// Strict YAML: unknown keys are errors with line and excerpt.
	github.com/goccy/go-yaml v1.19.2
	// Merges the profiles that the compiler builds the program by.
	github.com/google/pprof v0.0.0-20260906184651-6331bc6350fe
	// Unpacks logs that gzip or zstd has packed: gzip in a third of the time of the standard
	// library's; fasthttp brings it along.
	github.com/klauspost/compress v1.20.1
	// Writes the tests' databases of networks, so that no file of somebody else is committed
	// for them; and puts the networks of the embedded country table's source in order.
	github.com/maxmind/mmdbwriter v1.2.0
	// Reads country tables; named by the commission.
	github.com/oschwald/geoip2-golang/v2 v2.5.0
	// Reads what geoip2 has no type for: flat files, and single values of records.
	github.com/oschwald/maxminddb-golang/v2 v2.8.0
	// Writes published tables as Parquet, and reads them again to compare; without cgo.
	github.com/parquet-go/parquet-go v0.32.0
	// The operators' metrics; named by the commission.
	github.com/prometheus/client_golang v1.25.0
	// Runs the txtar scripts of cmd/oboro.
	github.com/rogpeppe/go-internal v1.16.0
	// The collector's HTTP: half the CPU of net/http for a hit. The newest
	// version whose every module can be had.
	github.com/valyala/fasthttp v1.74.0
	// Tests see with it that no goroutine outlives them.
	go.uber.org/goleak v1.3.0
	// Signed notes and the transparency log of releases.
	golang.org/x/mod v0.42.0
	// The public suffix list, which cuts host names to domains; tests' DNS packets.
	golang.org/x/net v0.62.0
	// Parts of the server end together, with the first error.
	golang.org/x/sync v0.24.0
	// The file system type of the state directory, locks, process hardening.
	golang.org/x/sys v0.49.0
	// Unicode normal form of page paths.
	golang.org/x/text v0.43.0
	// The embedded store, without cgo.
	modernc.org/sqlite v1.61.1
)

require (
	github.com/ClickHouse/ch-go v0.74.0 // indirect
	github.com/andybalholm/brotli v1.2.6 // indirect
	github.com/beorn7/perks v1.0.1 // indirect
	github.com/cespare/xxhash/v2 v2.3.0 // indirect
	github.com/dustin/go-humanize v1.1.0 // indirect
	github.com/go-faster/city v1.0.1 // indirect
	github.com/go-faster/errors v0.7.1 // indirect
	github.com/go-json-experiment/json v0.0.0-20260213210345-44df1a37e875 // indirect
	github.com/google/uuid v1.6.0 // indirect
	github.com/mattn/go-isatty v0.0.24 // indirect
	github.com/molecule-man/go-brrr v1.0.1 // indirect
	github.com/munnerz/goautoneg v0.0.0-20191010083416-a7dc8b61c822 // indirect
	github.com/ncruces/go-strftime v1.1.0 // indirect
	github.com/parquet-go/bitpack v1.0.0 // indirect
	github.com/parquet-go/jsonlite v1.0.0 // indirect
	github.com/paulmach/orb v0.13.0 // indirect
	github.com/pierrec/lz4/v4 v4.1.27 // indirect
	github.com/prometheus/client_model v0.6.3 // indirect
	github.com/prometheus/common v0.72.0 // indirect
	github.com/prometheus/procfs v0.22.0 // indirect
	github.com/remyoudompheng/bigfft v0.0.0-20230129092748-24d4a6f8daec // indirect
	github.com/segmentio/asm v1.2.1 // indirect
	github.com/shopspring/decimal v1.5.0 // indirect
	github.com/twpayne/go-geom v1.6.1 // indirect
	github.com/valyala/bytebufferpool v1.0.0 // indirect
	go.opentelemetry.io/otel v1.47.0 // indirect
	go.opentelemetry.io/otel/trace v1.47.0 // indirect
	go4.org/netipx v0.0.0-20231129151722-fdeea329fbba // indirect
	golang.org/x/crypto v0.58.0 // indirect
	golang.org/x/tools v0.52.0 // indirect
	google.golang.org/protobuf v1.36.12 // indirect
	modernc.org/libc v1.79.0 // indirect
	modernc.org/mathutil v1.7.1 // indirect
	modernc.org/memory v1.12.1 // indirect
)
