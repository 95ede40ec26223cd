package ledger

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/big"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/mod/sumdb/tlog"
)

// format is the number of the record format, written in the first record. The first had no
// periods; a ledger of it goes on with them, and what reads no other refuses it then.
const format = 2

// mostEpochs is more states than a visitor can meet in a day: one a second.
const mostEpochs = 24 * 60 * 60

// A record is one line of the ledger: exactly one of the kinds. Here and in all
// that it holds, fields stand in the order of their JSON names, so that what
// encoding/json writes is the canonical form of RFC 8785.
type record struct {
	Close   *Closing     `json:"close,omitempty"`
	Commit  *Commit      `json:"commit,omitempty"`
	Gap     *Gap         `json:"gap,omitempty"`
	Ledger  *Origin      `json:"ledger,omitempty"`
	Period  *Period      `json:"period,omitempty"`
	Publish *Publication `json:"publish,omitempty"`
	Reserve *Reservation `json:"reserve,omitempty"`
	Root    tlog.Hash    `json:"root"` // of the tree of all records before
	Seq     uint64       `json:"seq"`  // how many records come before

	Withdraw *Withdrawal `json:"withdraw,omitempty"`
}

// An Origin is the first record: it tells one ledger from another.
type Origin struct {
	Format int    `json:"format"`
	ID     string `json:"id"` // 16 random bytes in hex
}

// A Reservation is the budget that all draws of one site, grain and period take,
// and all that is needed to check it.
type Reservation struct {
	Seq       uint64 `json:"-"` // number of its record, set by the ledger; never 0
	Committed uint64 `json:"-"` // number of the record of its commit; 0 before
	Result    string `json:"-"` // SHA-256 of the committed result file, in hex

	Code     string `json:"code"`           // version of the program
	Config   string `json:"config"`         // hash of the configuration in force
	Draws    []Draw `json:"draws"`          // empty where nothing of the period is published
	Epochs   int    `json:"epochs"`         // most states that one visitor-day could have met, at least 1
	Fill     bool   `json:"fill,omitempty"` // for a day that gives no share: noise alone, which spends nothing
	Grain    string `json:"grain"`          // Day, Week or Month
	Imported bool   `json:"imported"`
	Marked   bool   `json:"marked"` // an admission cap, shedding or a network bound acted: twice the variance
	Period   string `json:"period"` // first day
	Site     string `json:"site"`
}

// A Draw is one query of a reservation. Rho and Drawn are the ledger's to work
// out: R epochs raise the sensitivity by R and the variance by R^2, a marked day
// both squares by 2, so rho is that of the declared numbers and only the variance
// to draw with grows. A share is drawn for a sum over a period: Delta2, Rho and Sigma2 are
// those of the sum.
type Draw struct {
	Cells     int    `json:"cells"`  // how many values are drawn
	Delta2    Ratio  `json:"delta2"` // square of the L2 sensitivity of one visitor-day
	Drawn     Ratio  `json:"drawn"`  // variance to draw with
	Measure   string `json:"measure"`
	Rho       Ratio  `json:"rho"`             // Delta2 / (2 Sigma2); 0 of noise alone
	Share     int    `json:"share,omitempty"` // days of the period that the day gives a share to
	Sigma2    Ratio  `json:"sigma2"`          // variance as declared
	Statistic string `json:"statistic"`
}

// A Commit says that the result of a reservation is where it belongs.
type Commit struct {
	Reserve uint64 `json:"reserve"`
	SHA256  string `json:"sha256"` // of the result file
}

// A Gap says that the open cells of a period are lost.
type Gap struct {
	Grain  string `json:"grain"`
	Period string `json:"period"`
	Reason string `json:"reason"`
	Site   string `json:"site"`
}

// A Publication is one version of a data set of one period.
type Publication struct {
	Seq     uint64            `json:"-"` // number of its record, set by the ledger
	Dataset string            `json:"dataset"`
	Files   map[string]string `json:"files"` // SHA-256 in hex of each file, by path
	Period  string            `json:"period"`
	Version int               `json:"version"` // from 1
}

func (p Publication) same(other Publication) bool {
	return p.Dataset == other.Dataset && p.Period == other.Period && p.Version == other.Version &&
		maps.Equal(p.Files, other.Files)
}

// name returns what errors call the reservation.
func (r Reservation) name() string { return fmt.Sprintf("%s %s %s", r.Site, r.Grain, r.Period) }

// Rho returns what the reservation takes of the budget of each of its days.
func (r Reservation) Rho() *big.Rat {
	sum := new(big.Rat)
	for _, d := range r.Draws {
		sum.Add(sum, d.Rho.Rat())
	}
	return sum
}

func (r Reservation) clone() Reservation {
	r.Draws = slices.Clone(r.Draws)
	return r
}

// completed returns the reservation with ratios reduced, and with Rho and Drawn
// of each draw worked out.
func (r Reservation) completed() (Reservation, error) {
	r = r.clone()
	if r.Draws == nil {
		r.Draws = []Draw{}
	}
	if r.Epochs < 1 || r.Epochs > mostEpochs {
		return r, fmt.Errorf("a period has between 1 and %d epochs, not %d", mostEpochs, r.Epochs)
	}
	for i := range r.Draws {
		if err := r.Draws[i].complete(r.factor(), r.Fill); err != nil {
			return r, fmt.Errorf("%s of %s: %w", r.Draws[i].Measure, r.Draws[i].Statistic, err)
		}
	}
	return r, nil
}

// factor returns by how much the variances of the period grow.
func (r Reservation) factor() *big.Rat {
	epochs := big.NewInt(int64(r.Epochs))
	f := new(big.Rat).SetInt(epochs.Mul(epochs, epochs))
	if r.Marked {
		f.Add(f, f)
	}
	return f
}

// complete works out what the ledger has to: factor is what the day demands, and fill says
// that no visitor-day is behind the draw.
func (d *Draw) complete(factor *big.Rat, fill bool) (err error) {
	delta2, sigma2 := d.Delta2.Rat(), d.Sigma2.Rat()
	if delta2.Sign() == 0 || sigma2.Sign() == 0 || d.Share < 0 {
		return errors.New("sensitivity and variance must be above zero")
	}
	if d.Share > 0 {
		factor = share(d.Share, factor)
	}
	rho := new(big.Rat)
	if !fill {
		rho.Quo(delta2, new(big.Rat).Add(sigma2, sigma2))
	}
	for _, part := range []struct {
		into *Ratio
		rat  *big.Rat
	}{{&d.Delta2, delta2}, {&d.Sigma2, sigma2}, {&d.Rho, rho}, {&d.Drawn, new(big.Rat).Mul(sigma2, factor)}} {
		if *part.into, err = RatioOf(part.rat); err != nil {
			return err
		}
	}
	return nil
}

// encode returns the line of the record, without a newline.
func (r record) encode() ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(r); err != nil {
		return nil, fmt.Errorf("encode record: %w", err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// decode reads a line. It must be the one that encode would write: no spaces, no
// unknown or repeated key, nothing behind it.
func decode(line []byte) (record, error) {
	var r record
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	if err := d.Decode(&r); err != nil {
		return record{}, fmt.Errorf("read record: %w", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return record{}, errors.New("more than one record in a line")
	}
	again, err := r.encode()
	if err != nil {
		return record{}, err
	}
	if !bytes.Equal(again, line) {
		return record{}, errors.New("the line is not in canonical form")
	}
	return r, nil
}

// word reports whether s may stand in a record as a name: something printable
// that every JSON library writes alike.
func word(s string) bool {
	if s == "" || len(s) > 512 || !utf8.ValidString(s) {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool {
		return r < ' ' || r == 0x7f || r == '\u2028' || r == '\u2029' || r == utf8.RuneError
	})
}

// hash reports whether s is a SHA-256 in lower-case hex.
func hash(s string) bool { return len(s) == 64 && strings.Trim(s, "0123456789abcdef") == "" }
