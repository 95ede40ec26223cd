package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
)

// An entry is what the test reads of a line of the ledger.
type entry struct {
	Seq     uint64
	Reserve *reservation
	Commit  *struct{ Reserve uint64 }
}

type reservation struct {
	Seq                 uint64 `json:"-"`
	Site, Grain, Period string
	Epochs              int
	Fill                bool
}

// entriesOf reads the whole lines of a ledger that may be in use.
func entriesOf(path string) ([]entry, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var list []entry
	for line := range bytes.Lines(text) {
		var e entry
		if !bytes.HasSuffix(line, []byte("\n")) {
			break // it is being written
		}
		if err := json.Unmarshal(line, &e); err != nil {
			return nil, err
		}
		if e.Reserve != nil {
			e.Reserve.Seq = e.Seq
		}
		list = append(list, e)
	}
	return list, nil
}

func (p *program) ledger() []entry {
	p.t.Helper()
	list, err := entriesOf(filepath.Join(p.data, "ledger", "entries.jsonl"))
	if err != nil {
		p.t.Fatal(err)
	}
	return list
}

// reserved returns the reservations of the seals of a day, or week, of all sites.
func (p *program) reserved(grain, period string) (list []reservation) {
	p.t.Helper()
	for _, e := range p.ledger() {
		if e.Reserve != nil && e.Reserve.Grain == grain && e.Reserve.Period == period && !e.Reserve.Fill {
			list = append(list, *e.Reserve)
		}
	}
	return list
}

// isCommitted reports whether a reservation is committed.
func (p *program) isCommitted(r reservation) bool {
	p.t.Helper()
	return slices.ContainsFunc(p.ledger(), func(e entry) bool { return e.Commit != nil && e.Commit.Reserve == r.Seq })
}

// committed returns how many of them are committed.
func (p *program) committed(grain, period string) (done int) {
	p.t.Helper()
	for _, r := range p.reserved(grain, period) {
		if p.isCommitted(r) {
			done++
		}
	}
	return done
}

// sealing reports whether the outcome of one of them stands and is not committed.
func (p *program) sealing(grain, period string) bool {
	p.t.Helper()
	return slices.ContainsFunc(p.reserved(grain, period), func(r reservation) bool {
		_, err := os.Stat(filepath.Join(p.data, "ledger", "results", strconv.FormatUint(r.Seq, 10)+".json"))
		return err == nil && !p.isCommitted(r)
	})
}

// sealedAll waits until a day, or week, of all sites is sealed.
func (p *program) sealedAll(grain, period string) {
	p.t.Helper()
	eventually(p.t, "seal of the "+grain+" "+period, func() error {
		if done := p.committed(grain, period); done < len(sites) {
			return fmt.Errorf("%d sites are sealed", done)
		}
		return nil
	})
}

// reservedNoise gives noise that is the same for the same reservation, in whichever life of a
// process it is drawn: each reservation of the ledger begins the stream anew. Noise is drawn by words of eight
// bytes, and nothing else is.
type reservedNoise struct {
	ledger string
	rest   io.Reader
	size   int64
	noise  *stream
}

func (r *reservedNoise) Read(p []byte) (int, error) {
	if len(p) != 8 {
		return r.rest.Read(p)
	}
	info, err := os.Stat(r.ledger)
	if err != nil {
		return 0, err
	}
	if info.Size() != r.size {
		list, err := entriesOf(r.ledger)
		if err != nil {
			return 0, err
		}
		for _, e := range list {
			if e.Reserve != nil {
				r.noise = &stream{seed: fmt.Sprint("noise of", *e.Reserve)}
			}
		}
		r.size = info.Size()
	}
	return r.noise.Read(p)
}
