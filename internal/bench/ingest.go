package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// written is how long after the load everything is in the store: the flush of one
// second, and some more.
const written = 1500 * time.Millisecond

// A duel is the rounds of one manner of load.
type duel struct {
	rate, cpu, stored series // ratios, ours over nginx's
	ours, base        series // CPU a hit, in microseconds
	memory            series // in MiB
	ourRate, baseRate series
	client            float64 // the most cores that wrk used
	discarded         int
}

// ingest measures hits over HTTP against nginx.
func (b *bench) ingest(ctx context.Context, m manner) error {
	if missing := lacking("nginx", "wrk"); missing != "" {
		b.report.skip("hits over HTTP, "+m.name, missing+" is not installed")
		return nil
	}
	if err := b.writeScripts(ctx, m); err != nil {
		return fmt.Errorf("write the requests: %w", err)
	}
	var d duel
	for round := range b.set.rounds {
		base, ours, err := b.pair(ctx, m, round%2 == 0)
		if err != nil {
			return err
		}
		d.add(base, ours)
		b.say("%s, round %d: nginx %.0f/s %.2f us; oboro %.0f/s %.2f us; others %.2f and %.2f cores %s", m.name, round+1,
			base.rate, base.perHit(base.cpu).value, ours.rate, ours.perHit(ours.cpu).value, base.foreign, ours.foreign, ours.fault+base.fault)
	}
	d.into(&b.report, m)
	return nil
}

// pair runs both servers, one after the other; which is first changes by round.
func (b *bench) pair(ctx context.Context, m manner, baseFirst bool) (base, ours sample, err error) {
	if baseFirst {
		if base, err = b.loadNginx(ctx, m); err != nil {
			return
		}
	}
	if ours, err = b.loadOboro(ctx, m); err != nil || baseFirst {
		return
	}
	base, err = b.loadNginx(ctx, m)
	return
}

func (b *bench) loadNginx(ctx context.Context, m manner) (sample, error) {
	s, err := b.startNginx(ctx)
	if err != nil {
		return sample{}, err
	}
	defer s.stop()
	return b.load(ctx, s, b.script(m, "nginx"))
}

func (b *bench) loadOboro(ctx context.Context, m manner) (sample, error) {
	s, err := b.startOboro(ctx)
	if err != nil {
		return sample{}, err
	}
	defer s.stop()
	before, err := cpuOf(s.cmd.Process.Pid)
	if err != nil {
		return sample{}, err
	}
	got, err := b.load(ctx, s, b.script(m, "oboro"))
	if err != nil {
		return sample{}, err
	}
	time.Sleep(written)
	after, err := cpuOf(s.cmd.Process.Pid)
	if err != nil {
		return sample{}, err
	}
	got.stored = after - before
	text, err := s.metrics(ctx)
	if err != nil {
		return sample{}, err
	}
	return got, got.check(text)
}

// check sees to it that every request was counted and is in the store: a server
// is fast at refusing.
func (s *sample) check(metrics []byte) error {
	counted, err1 := metric(metrics, kept)
	queued, err2 := metric(metrics, waiting)
	switch {
	case counted < float64(s.requests):
		s.fault = fmt.Sprintf("%d of %d hits were not counted", s.requests-int(counted), s.requests)
	case queued > 0:
		s.fault = "the store is behind"
	}
	return errors.Join(err1, err2)
}

// add takes a pair in, unless one of its runs was faulty.
func (d *duel) add(base, ours sample) {
	if base.fault != "" || ours.fault != "" {
		d.discarded++
		return
	}
	foreign := max(base.foreign, ours.foreign)
	d.rate = append(d.rate, reading{ours.rate / base.rate, foreign})
	d.cpu = append(d.cpu, ratio(ours.perHit(ours.cpu), base.perHit(base.cpu)))
	d.stored = append(d.stored, ratio(ours.perHit(ours.stored), base.perHit(base.cpu)))
	d.ours = append(d.ours, ours.perHit(ours.cpu))
	d.base = append(d.base, base.perHit(base.cpu))
	d.ourRate = append(d.ourRate, reading{ours.rate, ours.foreign})
	d.baseRate = append(d.baseRate, reading{base.rate, base.foreign})
	d.memory = append(d.memory, reading{ours.memory, ours.foreign})
	d.client = max(d.client, base.client, ours.client)
}

// into writes the rows of the table.
func (d *duel) into(r *report, m manner) {
	if m == keepAlive {
		r.add(row{measure: "G1 hits/s, connections kept, against nginx", required: atLeast(0.80), aim: atLeast(0.95), found: d.rate})
		r.add(row{measure: "G2 CPU per hit, against nginx", required: atMost(1.30), aim: atMost(1.10), found: d.cpu})
		r.add(row{measure: "G7 CPU per hit until it is stored, against nginx", required: atMost(1.80), aim: atMost(1.80), found: d.stored})
		r.add(row{measure: "   resident memory of oboro serve", unit: "MiB", found: d.memory})
	} else {
		r.add(row{measure: "G5 CPU per hit, new connections, against nginx", required: atMost(1.80), aim: atMost(1.50), found: d.cpu})
		r.add(row{measure: "   hits/s, new connections, against nginx", found: d.rate})
	}
	r.add(row{measure: "   CPU per hit, " + m.name + ", oboro", unit: "us", found: d.ours})
	r.add(row{measure: "   CPU per hit, " + m.name + ", nginx", unit: "us", found: d.base})
	r.add(row{measure: "   hits/s, " + m.name + ", oboro", found: d.ourRate})
	r.add(row{measure: "   hits/s, " + m.name + ", nginx", found: d.baseRate})
	r.note("%s: wrk used up to %.2f of its core; near 1 it holds hits/s down. Discarded pairs: %d.", m.name, d.client, d.discarded)
}
