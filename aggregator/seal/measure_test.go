package seal_test

import (
	"errors"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"oboro/aggregator/ledger"
	"oboro/aggregator/noise"
	"oboro/aggregator/seal"
	"oboro/aggregator/statistic"
	"oboro/aggregator/store"
)

// bytesOf returns random bytes that a test can repeat.
func bytesOf(seed byte) io.Reader { return rand.NewChaCha8([32]byte{seed}) }

// TestMeasureDrawsForEveryKey compares with draws of the same bytes: each declared
// key gets the next one, zeros included, and nothing else is drawn. Seen to fail
// when keys without a cell are left out, when they get no noise, and when the noise
// is taken off and not added.
func TestMeasureDrawsForEveryKey(t *testing.T) {
	cells := []store.Cell{cellOf("tv", 2, 0), cellOf("phone", 1000, 0)}
	sigma2 := ledger.Ratio{Num: 495, Den: 1}
	got, err := seal.Measure(find(t, "devices"), statistic.Visitors, sigma2, cells, bytesOf(1))
	if err != nil {
		t.Fatal(err)
	}
	g, err := noise.New(495, 1)
	if err != nil {
		t.Fatal(err)
	}
	random := bytesOf(1)
	counts := map[string]int64{"tv": 2, "phone": 1000}
	domain := find(t, "devices").Domain(nil)
	if len(got) != len(domain) {
		t.Fatalf("%d keys are measured, want %d", len(got), len(domain))
	}
	for i, key := range domain {
		drawn, err := g.Draw(random)
		if err != nil {
			t.Fatal(err)
		}
		if m := got[i]; !slices.Equal(m.Keys, key) || m.Measure != statistic.Visitors || m.Value != counts[key[0]]+drawn || m.Sigma2.Cmp(sigma2.Rat()) != 0 {
			t.Errorf("measurement %d is %+v, want %v with the %d visitor-days of %v and the draw %d", i, m, key, counts[key[0]], key, drawn)
		}
	}
}

// A statistic without dimensions has one key. Seen to fail when it has none.
func TestMeasureOfATotal(t *testing.T) {
	var c store.Cell
	c.Counts[statistic.Capped] = 77
	got, err := seal.Measure(find(t, "days"), statistic.Capped, ledger.Ratio{Num: 1978, Den: 1}, []store.Cell{c}, bytesOf(1))
	if err != nil || len(got) != 1 || got[0].Keys != nil || got[0].Measure != statistic.Capped {
		t.Fatalf("the total is measured as %+v, %v, want one capped_visits without keys", got, err)
	}
	g, _ := noise.New(1978, 1)
	if drawn, _ := g.Draw(bytesOf(1)); got[0].Value != 77+drawn {
		t.Errorf("77 capped visits are measured as %d, want the draw %d added", got[0].Value, drawn)
	}
}

// A reader that counts what is read of it.
type counting struct {
	io.Reader
	read int
}

func (c *counting) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.read += n
	return n, err
}

// TestMeasureRefuses holds that what cannot be measured rightly is not measured at
// all, nor quoted: a cell may hold a label. Seen to fail when within is not asked,
// when it is asked after the draws, and when its error names the cell.
func TestMeasureRefuses(t *testing.T) {
	const secret = "secret label"
	good := ledger.Ratio{Num: 495, Den: 1}
	for _, tt := range []struct {
		name   string
		sigma2 ledger.Ratio
		cell   store.Cell
		random io.Reader
		drawn  bool
	}{
		{"cell outside the declared keys", good, cellOf(secret, 5, 0), bytesOf(1), false},
		{"empty cell outside the declared keys", good, cellOf(secret, 0, 0), bytesOf(1), false},
		{"cell of two keys", good, store.Cell{Keys: []string{"phone", secret}}, bytesOf(1), false},
		{"cell without keys", good, store.Cell{}, bytesOf(1), false},
		{"no variance", ledger.Ratio{Num: 0, Den: 1}, cellOf("phone", 5, 0), bytesOf(1), false},
		{"no random bytes", good, cellOf("phone", 5, 0), strings.NewReader(""), false},
		{"random bytes that end", good, cellOf("phone", 5, 0), io.LimitReader(bytesOf(1), 500), true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			random := &counting{Reader: tt.random}
			got, err := seal.Measure(find(t, "devices"), statistic.Visitors, tt.sigma2, []store.Cell{cellOf("tv", 3, 0), tt.cell}, random)
			if err == nil || got != nil {
				t.Fatalf("Measure = %v, %v, want nothing and an error", got, err)
			}
			if strings.Contains(err.Error(), secret) || !strings.Contains(err.Error(), "statistic devices") {
				t.Errorf("the error %q quotes the cell, or does not name the statistic", err)
			}
			if (random.read > 0) != tt.drawn {
				t.Errorf("%d random bytes were used up", random.read)
			}
		})
	}
}

var errBroken = errors.New("broken for the test")
