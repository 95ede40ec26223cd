package intake

import (
	"strings"

	"oboro/collector/hit"
	"oboro/collector/internal/source"
	"oboro/collector/internal/visitors"
)

// ofReferrer are the dimensions that a referrer tells of.
const ofReferrer = hit.Dimensions(1<<hit.BySource | 1<<hit.ByChannel)

// come puts into s where a hit of that referrer and target came from, as far as the plan
// asks, and reports whether that is no spam. What the target's query tells is found anew each
// time: hardly a hit has one.
func (in *Intake) come(s *visitors.Sighting, referrer, target string) bool {
	wants := in.Plan.Computes
	var told origin
	if wants&ofReferrer != 0 {
		if told = in.sourceOf(referrer, s.Site); told.spam {
			return false
		}
	}
	s.Tags = hit.Tags{}
	if at := strings.IndexByte(target, '?'); at >= 0 {
		found := source.Found{Host: told.host, Channel: told.channel}.With(target[at+1:], in.sites[s.Site].Campaigns)
		told.host, told.channel, s.Tags = found.Host, found.Channel, found.Tags.Only(wants)
	}
	if wants.Has(hit.BySource) {
		s.Source = told.host
	}
	if wants.Has(hit.ByChannel) {
		s.Channel = told.channel
	}
	return true
}
