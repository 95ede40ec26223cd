package intake

import (
	"strings"

	"oboro/collector/hit"
	"oboro/collector/internal/source"
	"oboro/collector/internal/visitors"
)

// ofReferrer are the dimensions that a referrer tells of.
const ofReferrer = hit.Dimensions(1<<hit.BySource | 1<<hit.ByChannel)

// originOf returns where a hit of that referrer and target came from. What the target's
// query tells is found anew each time: hardly a hit has one, and it is not remembered.
func (in *Intake) originOf(referrer, target string, site hit.Site) (from source.Found) {
	if in.Plan.Computes&ofReferrer != 0 {
		told := in.sourceOf(referrer, site)
		from = source.Found{Host: told.host, Channel: told.channel, Spam: told.spam}
	}
	if at := strings.IndexByte(target, '?'); at >= 0 {
		from = from.With(target[at+1:], in.sites[site].Campaigns)
	}
	return from
}

// come puts into s what the plan asks for of where it came from.
func (in *Intake) come(s *visitors.Sighting, from *source.Found) {
	wants := in.Plan.Computes
	if wants.Has(hit.BySource) {
		s.Source = from.Host
	}
	if wants.Has(hit.ByChannel) {
		s.Channel = from.Channel
	}
	if wants&hit.OfTags != 0 {
		s.Tags = from.Tags.Only(wants)
	}
}
