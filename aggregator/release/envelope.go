package release

import (
	"fmt"
	"math/big"

	"golang.org/x/mod/sumdb/tlog"

	"oboro/aggregator/statistic"
)

// An Edition is what is said of a data set when it is first published.
type Edition struct {
	Day      statistic.Day  // of publication
	Timezone string         // what days mean, such as Asia/Tokyo
	Agency   statistic.Text // who publishes
	Licences []Licence
	Ledger   LedgerHead // of all that was reserved before
}

// A LedgerHead is the checkpoint of a ledger: how many lines it had, and the root of their
// tree (RFC 6962). Whoever kept a table sees by it whether the ledger was rewritten.
type LedgerHead struct {
	Lines int64     `json:"lines"`
	Root  tlog.Hash `json:"root"`
}

// A Licence names what may be done with a data set. Name is an Open Definition id,
// or empty.
type Licence struct {
	Name  string `json:"name,omitempty"`
	Path  string `json:"path"`
	Title string `json:"title"`
}

// Format is the number that tables of days are written with now, FormatSummed that of sums
// over a period. Those of the first had no number and fewer files; they stay as they were
// published.
const (
	Format       = 2
	FormatSummed = 3
)

// An Envelope is a table.json. Its order of fields is the order in the file.
type Envelope struct {
	Format    int                    `json:"format,omitempty"`
	Name      string                 `json:"name"`
	Version   int                    `json:"version"`
	Site      string                 `json:"site"`
	Agency    string                 `json:"agency"`
	Statistic string                 `json:"statistic"`
	Period    EnvelopePeriod         `json:"period"`
	Unit      string                 `json:"unit"`
	TakenAt   string                 `json:"taken_at"`
	Query     EnvelopeQuery          `json:"query"`
	Privacy   Privacy                `json:"privacy"`
	Meta      EnvelopeMeta           `json:"meta"`
	Data      []EnvelopeRow          `json:"data"`
	Totals    map[string]EnvelopeRow `json:"totals"`

	// Calibration are the sums of keys that no page can have: noise alone, by which the
	// variance can be tested.
	Calibration []int64 `json:"calibration,omitempty"`

	Days   []EnvelopeDay `json:"days"`
	Ledger *LedgerHead   `json:"ledger,omitempty"` // not in the first format
}

// An EnvelopePeriod says which days the table is of.
type EnvelopePeriod struct {
	Name     string `json:"name"`
	Start    string `json:"start"`
	End      string `json:"end"`
	Timezone string `json:"timezone"`
	Days     int    `json:"days"`
	Measured int    `json:"days_measured"`
}

// An EnvelopeQuery says what was counted.
type EnvelopeQuery struct {
	Dimensions []string       `json:"dimensions"`
	Measures   []string       `json:"measures"`
	Caps       map[string]int `json:"caps"`
	Cadence    Cadence        `json:"cadence"`
}

// Privacy holds the parameters, so that a machine can check them.
type Privacy struct {
	Mechanism string  `json:"mechanism"`
	Adjacency string  `json:"adjacency"`
	Delta     float64 `json:"delta"`
	K         int64   `json:"k,omitempty"` // of tables with keys: behind each printed figure
	Epochs    int     `json:"epochs"`
	Rho       Ratio   `json:"rho"` // of this table, for one visitor-day
	Epsilon   float64 `json:"eps_provable"`
	Exact     float64 `json:"eps_exact,omitempty"` // not in the first format
	// The parameters of the one measure, where there is one; Measures has them always.
	*MeasurePrivacy
	Measures   []MeasurePrivacy `json:"measures"`
	TotalRho   Ratio            `json:"rho_per_visitor_day_all_tables"`
	TotalEps   float64          `json:"eps_provable_all_tables"`
	TotalExact float64          `json:"eps_exact_all_tables,omitempty"`
}

// MeasurePrivacy holds the parameters of the draws of one measure.
type MeasurePrivacy struct {
	Measure   string `json:"measure"`
	Delta2    Ratio  `json:"delta2"`
	Sigma2    Ratio  `json:"sigma2"`           // of one day's draw, as declared; of what is summed, of the sum
	Summed    bool   `json:"summed,omitempty"` // each day gives a share of one figure a period
	Rho       Ratio  `json:"rho"`              // for one visitor-day
	Sigma2Sum Ratio  `json:"sigma2_sum"`       // of a sum over the measured days, as drawn
	Rounding  int64  `json:"rounding"`         // of that sum
	Tau       int64  `json:"tau,omitempty"`
}

// An EnvelopeMeta describes the table to people.
type EnvelopeMeta struct {
	Name        string           `json:"name"`
	Description string           `json:"description"`
	Title       statistic.Text   `json:"title"`
	Purpose     statistic.Text   `json:"purpose"`
	Licences    []Licence        `json:"licence"`
	Citation    statistic.Text   `json:"citation"`
	Notes       []statistic.Text `json:"notes"`
	Erratum     *statistic.Text  `json:"erratum,omitempty"` // why the figures were taken back
}

// An EnvelopeDay says how a day of the period was measured.
type EnvelopeDay struct {
	Day         string           `json:"day"`
	Status      Status           `json:"status"`
	Epochs      int              `json:"epochs,omitempty"`
	Imported    bool             `json:"imported,omitempty"`
	Reservation uint64           `json:"reserve_seq,omitempty"`
	Sigma2      map[string]Ratio `json:"sigma2,omitempty"` // drawn, by measure; to a sum also by days that were not measured
}

// An EnvelopeRow is one row. The numbers are nil unless the status is F.
type EnvelopeRow struct {
	Columns []string // values of the period and of the dimensions, and the measure
	Value   *int64
	Low     *int64
	High    *int64
	Raw     *int64
	Status  Status
	Release string
	names   []string // of Columns
}

// A Ratio is an exact number.
type Ratio struct {
	Num int64 `json:"num"`
	Den int64 `json:"den"`
}

func ratio(r *big.Rat) (Ratio, error) {
	if !r.Num().IsInt64() || !r.Denom().IsInt64() {
		return Ratio{}, fmt.Errorf("a parameter does not fit 64 bits")
	}
	return Ratio{r.Num().Int64(), r.Denom().Int64()}, nil
}

// Rat returns the number, or nil where the denominator is not above 0.
func (r Ratio) Rat() *big.Rat {
	if r.Den <= 0 {
		return nil
	}
	return big.NewRat(r.Num, r.Den)
}
