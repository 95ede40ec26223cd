package public_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"aead.dev/minisign"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"oboro/aggregator/release"
	"oboro/aggregator/statistic"
	"oboro/dashboards/public"
)

var (
	days = &statistic.Statistic{
		ID: "days", Title: statistic.Text{JA: "日別の訪問", EN: "Visits by day"},
		Purpose:  statistic.Text{JA: "サイトがどれだけ使われているかを知り、公表する。", EN: "Know, and tell the public, how much the site is used."},
		Measures: []statistic.Measure{statistic.Visitors, statistic.Visits}, Grain: statistic.Daily, Audience: statistic.Public,
		Published: []statistic.Published{
			{Measure: statistic.Visitors, Delta2: big.NewRat(1, 1), Sigma2: big.NewRat(495, 1)},
			{Measure: statistic.Capped, Delta2: big.NewRat(16, 1), Sigma2: big.NewRat(1978, 1)},
		},
	}
	devices   = byKey("devices", statistic.ByDevice, "端末の種類", "Devices")
	countries = byKey("countries", statistic.ByCountry, "国・地域", "Countries and regions")
)

func byKey(id string, d statistic.Dimension, ja, en string) *statistic.Statistic {
	return &statistic.Statistic{
		ID: id, Title: statistic.Text{JA: ja, EN: en},
		Purpose:    statistic.Text{JA: ja + "を知る。", EN: "Know the " + en + "."},
		Dimensions: []statistic.Dimension{d}, Measures: []statistic.Measure{statistic.Visitors},
		Grain: statistic.Daily, Audience: statistic.Public,
		Published: []statistic.Published{{Measure: statistic.Visitors, Delta2: big.NewRat(1, 1), Sigma2: big.NewRat(495, 1)}},
	}
}

// total is what one visitor-day spends on the three tables.
var total = new(big.Rat).Add(big.NewRat(3, 990), big.NewRat(4, 989))

// wave is a made-up count that looks like one.
func wave(seed string, day statistic.Day, base int64) int64 {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %d", seed, day))
	shape := []int64{100, 104, 98, 101, 95, 61, 58}[(day+3)%7]
	return base*shape/100 + int64(sum[0]%45) - 22
}

// A world is a deployment with a past: one period of a site, its ledger and its
// keys.
type world struct {
	t      *testing.T
	site   string
	period release.Period
	start  statistic.Day // of measuring: the first of the period, or before
	missed map[statistic.Day]bool
	rerun  map[statistic.Day]bool // days of two epochs
	sizes  map[string]int64       // of keys, where they are not as always
	dir    string
	signer note.Signer
	key    string
	second release.Minisigner
	told   []release.Record
	offset uint64 // lines of the ledger before those of days, but for its origin
}

func newWorld(t *testing.T) *world {
	t.Helper()
	dir := t.TempDir()
	signer, key := fixedKey(t)
	period, err := release.ParsePeriod("2026-10")
	if err != nil {
		t.Fatal(err)
	}
	return &world{
		t: t, site: "demo", period: period, start: period.First(), dir: dir, signer: signer, key: key, second: fixedSecond(t),
		missed: map[statistic.Day]bool{period.First() + 11: true},
		rerun:  map[statistic.Day]bool{period.First() + 4: true},
	}
}

// fixedKey is a key for golden files alone.
func fixedKey(t *testing.T) (note.Signer, string) {
	t.Helper()
	private, public, err := note.GenerateKey(zeros{}, "example.test/oboro")
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(private)
	if err != nil {
		t.Fatal(err)
	}
	return signer, public
}

// fixedSecond is the other key for golden files alone: minisign's form of 32 zeros as the
// seed.
func fixedSecond(t *testing.T) release.Minisigner {
	t.Helper()
	_, key, err := minisign.GenerateKey(zeros{})
	if err != nil {
		t.Fatal(err)
	}
	text, err := key.MarshalText()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "minisign.key")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	signer, err := release.LoadOrCreateMinisigner(path)
	if err != nil {
		t.Fatal(err)
	}
	return signer
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func (w *world) epochs(day statistic.Day) int {
	if w.rerun[day] {
		return 2
	}
	return 1
}

// measured returns what was measured of st in the period.
func (w *world) measured(st *statistic.Statistic) []release.Measured {
	list := w.everMeasured(st)
	before := slices.IndexFunc(list, func(m release.Measured) bool { return m.Day >= w.period.First() })
	return list[before:]
}

// everMeasured returns what was measured of st to the end of the period; reservations
// number the days.
func (w *world) everMeasured(st *statistic.Statistic) []release.Measured {
	var list []release.Measured
	seq := 1 + w.offset
	for day := w.start; day <= w.period.Last(); day++ {
		if w.missed[day] {
			continue
		}
		m := release.Measured{Day: day, Epochs: w.epochs(day), Imported: day == w.start, Reservation: seq}
		for _, p := range st.Published {
			factor := big.NewRat(int64(m.Epochs)*int64(m.Epochs), 1)
			for _, keys := range st.Domain(nil) {
				m.Values = append(m.Values, release.Measurement{
					Keys: keys, Measure: p.Measure, Value: wave(fmt.Sprint(p.Measure, keys), day, w.base(keys, p.Measure)),
					Sigma2: factor.Mul(factor, p.Sigma2),
				})
				factor = big.NewRat(int64(m.Epochs)*int64(m.Epochs), 1)
			}
		}
		list, seq = append(list, m), seq+2
	}
	return list
}

func (w *world) base(keys []string, m statistic.Measure) int64 {
	size := map[string]int64{"": 640, "phone": 410, "desktop": 190, "tablet": 30, "JP": 560, "US": 41, "TW": 15, "KR": 12}
	key := ""
	if len(keys) > 0 {
		key = keys[0]
	}
	n, ok := w.sizes[key]
	if !ok {
		n = size[key]
	}
	if m == statistic.Capped {
		return n * 5 / 4
	}
	return n
}

func (w *world) release(st *statistic.Statistic) release.Release {
	w.t.Helper()
	r, err := release.New(st, w.site, w.period, w.measured(st), release.Rule{K: 10, Today: w.period.Last() + 10, Total: total})
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

// ledger writes the lines that the ledger would hold: its origin, and for each
// measured day a reservation and its commit.
func (w *world) ledger() ([][]byte, error) {
	l := lines{}
	l.add(map[string]any{"ledger": map[string]any{"format": 1, "id": "00"}})
	w.writeDays(&l)
	return l.text, nil
}

// writeDays adds the lines of the days to a ledger.
func (w *world) writeDays(l *lines) {
	for _, m := range w.everMeasured(days) {
		var draws []any
		for _, st := range []*statistic.Statistic{days, devices, countries} {
			for _, p := range st.Published {
				factor := big.NewRat(int64(m.Epochs)*int64(m.Epochs), 1)
				draws = append(draws, map[string]any{
					"cells": len(st.Domain(nil)), "delta2": ratio(p.Delta2), "drawn": ratio(factor.Mul(factor, p.Sigma2)),
					"measure": p.Measure.String(), "rho": ratio(p.Rho()), "sigma2": ratio(p.Sigma2), "statistic": st.ID,
				})
			}
		}
		seq := len(l.text)
		l.add(map[string]any{"reserve": map[string]any{
			"code": "test", "config": "test", "draws": draws, "epochs": m.Epochs, "grain": "day", "imported": m.Imported,
			"marked": false, "period": m.Day.String(), "site": w.site,
		}})
		l.add(map[string]any{"commit": map[string]any{"reserve": seq, "sha256": "00"}})
	}
}

func ratio(r *big.Rat) map[string]any {
	return map[string]any{"num": r.Num().Int64(), "den": r.Denom().Int64()}
}

// lines is a ledger being written: each line holds the root of those before it.
type lines struct {
	text   [][]byte
	hashes []tlog.Hash
}

func (l *lines) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	var out []tlog.Hash
	for _, i := range indexes {
		out = append(out, l.hashes[i])
	}
	return out, nil
}

func (l *lines) add(record map[string]any) {
	n := int64(len(l.text))
	root, err := tlog.TreeHash(n, l)
	if err != nil {
		panic(err)
	}
	record["seq"], record["root"] = n, base64.StdEncoding.EncodeToString(root[:])
	line, err := json.Marshal(record)
	if err != nil {
		panic(err)
	}
	hashes, err := tlog.StoredHashes(n, line, l)
	if err != nil {
		panic(err)
	}
	l.text, l.hashes = append(l.text, line), append(l.hashes, hashes...)
}

func (w *world) publication(releases ...release.Release) public.Publication {
	w.t.Helper()
	log, err := release.OpenLog(filepath.Join(w.dir, "log.jsonl"))
	if err != nil {
		w.t.Fatal(err)
	}
	return public.Publication{
		Agency: statistic.Text{JA: "例示庁", EN: "Example Agency"}, Sites: []public.Site{{ID: w.site, Title: statistic.Text{JA: "例示庁ウェブサイト", EN: "Website of the Example Agency"}}}, Releases: releases,
		Day: w.period.Last() + 10, Timezone: "Asia/Tokyo", Archive: filepath.Join(w.dir, "archive"),
		Log: log, Signer: w.signer, Key: w.key, Second: w.second, Ledger: w.ledger,
		Record: func(records []public.Recorded) error {
			for _, r := range records {
				w.told = append(w.told, r.Record)
			}
			return nil
		},
	}
}

func (w *world) all() []release.Release {
	return []release.Release{w.release(days), w.release(devices), w.release(countries)}
}
