// Package statistic holds the catalogue: every number that may exist.
//
// A statistic that is not declared here is not counted, and a detail that no
// enabled statistic needs is not computed: [Catalogue.Plan] tells the collector
// what is wanted, and that is all it does. What users add has the same form as
// what is built in.
package statistic

import (
	"fmt"
	"math/big"

	"oboro/collector/hit"
)

// A Day is a calendar day of the deployment's time zone.
type Day = hit.Day

// A Dimension is a detail that a statistic may count by. The names stand here for
// the dashboards, which do not import the collector.
type Dimension = hit.Dimension

// The dimensions.
const (
	ByHour     = hit.ByHour
	ByPage     = hit.ByPage
	BySource   = hit.BySource
	ByCountry  = hit.ByCountry
	ByBrowser  = hit.ByBrowser
	ByVersion  = hit.ByVersion
	BySystem   = hit.BySystem
	ByDevice   = hit.ByDevice
	ByLanguage = hit.ByLanguage
	ByNext     = hit.ByNext
	ByViewport = hit.ByViewport
	ByInput    = hit.ByInput
	ByMotion   = hit.ByMotion
	ByContrast = hit.ByContrast
	ByColours  = hit.ByColours
	ByTheme    = hit.ByTheme

	ByChannel        = hit.ByChannel
	ByCampaign       = hit.ByCampaign
	ByCampaignSource = hit.ByCampaignSource
	ByCampaignMedium = hit.ByCampaignMedium
	ByRegion         = hit.ByRegion
	ByNetworkClass   = hit.ByNetworkClass
	ByNetwork        = hit.ByNetwork
)

// OtherTag is the value of a campaign, its source or medium that the site has not declared.
const OtherTag = hit.OtherTag

// UnknownValue is the code of a country, language or version that is not known.
const UnknownValue = hit.Unknown

// ParseDay reads a day written as 2006-01-02. Its error quotes s, which is right
// for what an operator typed and for nothing else.
func ParseDay(s string) (Day, error) { return hit.ParseDay(s) }

// A Text is a text in both languages of the screens.
type Text struct {
	JA string `yaml:"ja" json:"ja"`
	EN string `yaml:"en" json:"en"`
}

// In returns the text in lang, "ja" or "en".
func (t Text) In(lang string) string {
	if lang == "ja" {
		return t.JA
	}
	return t.EN
}

// An Audience is who may look at a statistic.
type Audience string

// The audiences. A published statistic is also shown to the team.
const (
	Team   Audience = "team"
	Public Audience = "public"
)

// A Grain is how long a statistic stays open.
type Grain string

// The grains.
const (
	Daily  Grain = "day"
	Weekly Grain = "week"
)

// Period returns the first day of the grain that day is in. Weeks begin on Monday.
func (g Grain) Period(day Day) Day {
	if g == Weekly {
		return day - (day+3)%7 // 1970-01-01 was a Thursday
	}
	return day
}

// End returns the last day of the grain whose first day is period.
func (g Grain) End(period Day) Day {
	if g == Weekly {
		return period + 6
	}
	return period
}

// A Statistic is a declared table.
type Statistic struct {
	ID         string
	Title      Text
	Purpose    Text
	Of         hit.Kind        // the kind of hit it counts
	Dimensions []hit.Dimension // none, one, two that are crossed, or page and next, which are one label
	Measures   []Measure       // the columns that may be shown
	Grain      Grain
	Months     int      // retention of sealed cells
	K          int64    // smallest number of visitor-days behind a shown cell; 0: the deployment's
	Reach      uint8    // cells that one visitor-day adds to reach; 1 where it can be in one cell only
	Audience   Audience // Public where Published is not empty
	Published  []Published
	set        int // index of its first-seen set in the plan
}

// Published is one measure of a statistic that is measured with noise at the
// seal, for publication.
type Published struct {
	Measure Measure
	Delta2  *big.Rat // square of the L2 sensitivity of one visitor-day
	Sigma2  *big.Rat // variance of the noise; where Summed, of that of a whole period

	// Summed says that there is one figure a period, a week or a month, and none a day: each
	// day adds to a sum with its share of the noise.
	Summed bool
	// Calibration is how many keys are measured besides, of which there never is a hit.
	Calibration int
}

// Rho returns the zCDP budget of one draw: Delta2 / (2 Sigma2)
// (Bun and Steinke 2016, Proposition 1.6).
func (p Published) Rho() *big.Rat {
	return new(big.Rat).Quo(p.Delta2, new(big.Rat).Mul(big.NewRat(2, 1), p.Sigma2))
}

// Overlaps reports whether one visitor-day may be counted in several cells of
// the statistic. Its (other) then shows no visitors.
func (s *Statistic) Overlaps() bool { return s.Varying() != 0 }

// Varying returns the dimensions that may change within a visitor-day.
func (s *Statistic) Varying() hit.Dimensions { return hit.Of(s.Dimensions...) &^ hit.Frozen }

// Label returns the index in Dimensions of the first label dimension, or -1.
func (s *Statistic) Label() int {
	for i, d := range s.Dimensions {
		if hit.Labels.Has(d) {
			return i
		}
	}
	return -1
}

// Has reports whether m is one of the statistic's measures.
func (s *Statistic) Has(m Measure) bool {
	for _, own := range s.Measures {
		if own == m {
			return true
		}
	}
	return false
}

// Set returns the index of the statistic's first-seen set in its catalogue's plan.
func (s *Statistic) Set() int { return s.set }

// Domain returns the declared keys of a published statistic: every combination
// of the values of its dimensions. A statistic without dimensions has one key,
// the empty one. Of pages it is those that a site declares. Other labels, versions and
// campaigns have no list of all values: with one of them there is no key.
func (s *Statistic) Domain(pages []string) [][]string {
	keys := [][]string{nil}
	for _, d := range s.Dimensions {
		values := Values(d)
		if d == hit.ByPage {
			values = pages
		}
		var next [][]string
		for _, key := range keys {
			for _, value := range values {
				next = append(next, append(append([]string(nil), key...), value))
			}
		}
		keys = next
	}
	return keys
}

// CalibrationKeys returns the keys that are measured besides: no label is one of them, since
// labels that are no address have other words in their brackets.
func (p Published) CalibrationKeys() [][]string {
	var keys [][]string
	for n := range p.Calibration {
		keys = append(keys, []string{fmt.Sprintf("(calibration %02d)", n+1)})
	}
	return keys
}

// Values returns the closed vocabulary of d, or nil where there is none.
func Values(d hit.Dimension) []string {
	switch d {
	case hit.ByCountry:
		return hit.CountryCodes()
	case hit.ByBrowser:
		return hit.BrowserCodes()
	case hit.BySystem:
		return hit.SystemCodes()
	case hit.ByDevice:
		return hit.DeviceCodes()
	case hit.ByLanguage:
		return hit.LanguageCodes()
	case hit.ByHour:
		return hours
	case hit.ByViewport:
		return hit.ViewportCodes()
	case hit.ByInput:
		return hit.InputCodes()
	case hit.ByMotion:
		return hit.MotionCodes()
	case hit.ByContrast:
		return hit.ContrastCodes()
	case hit.ByColours:
		return hit.ColoursCodes()
	case hit.ByTheme:
		return hit.ThemeCodes()
	case hit.ByChannel:
		return hit.ChannelCodes()
	case hit.ByRegion:
		return hit.RegionCodes()
	case hit.ByNetworkClass:
		return hit.NetworkClassCodes()
	}
	return nil
}

var hours = []string{
	"00", "01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11",
	"12", "13", "14", "15", "16", "17", "18", "19", "20", "21", "22", "23",
}
