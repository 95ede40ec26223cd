package collector

import (
	"fmt"

	"oboro/collector/hit"
	"oboro/collector/internal/source"
)

// Campaigns are what a site declares of the links that lead to it: the values of
// utm_source, utm_medium and utm_campaign that may be kept, and beginnings of values with a
// final "*". They are compared without regard to case. The zero value keeps none.
type Campaigns struct{ Sources, Mediums, Names []string }

// Check says what is wrong with a declaration, which it quotes.
func (c Campaigns) Check() error {
	_, err := c.read()
	return err
}

// read returns the campaigns, or nil where nothing is declared.
func (c Campaigns) read() (*source.Campaigns, error) {
	if len(c.Sources)+len(c.Mediums)+len(c.Names) == 0 {
		return nil, nil
	}
	read, refused, ok := source.NewCampaigns(source.Declaration{Source: c.Sources, Medium: c.Mediums, Campaign: c.Names})
	if !ok {
		return nil, fmt.Errorf("campaigns: %.200q cannot be declared: write what stands behind utm_source=, utm_medium= or utm_campaign= in your links, "+
			"of letters, digits, single spaces and - _ . ~ + : / ( ), not beginning with (, at most %d bytes, without @ and nine digits in a row; "+
			"a * may stand at the end, for all that begins so; at most 500 of each", refused, hit.MaxTag)
	}
	return read, nil
}
