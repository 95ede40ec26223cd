package tally

import (
	"fmt"

	"oboro/aggregator/statistic"
	"oboro/collector/hit"
)

// A value is the index of a dimension value of the day.
type value uint32

// The values that stand for no text of their own.
const (
	absent   value = iota // the statistic has no dimension
	none                  // a visit without a source
	unlisted              // labels that are not admitted
)

// values names the dimension values of the day, and says which labels are not
// admitted.
type values struct {
	index map[valueKey]value
	texts []string
	held  []bool // a label that is not admitted
}

// valueKey tells values apart. A page asked for in vain is another label than
// the same page shown, and one site's another than another's.
type valueKey struct {
	by    hit.Dimension
	kind  hit.Kind
	site  hit.Site
	text  string
	label bool
}

func newValues() values {
	return values{
		index: map[valueKey]value{},
		texts: []string{absent: "", none: statistic.None, unlisted: statistic.Unlisted},
		held:  make([]bool, int(unlisted)+1),
	}
}

// of returns the value of the table's dimension in a hit, with the hour and the
// page given, which may be those that the visit has left.
func (v *values) of(own table, h hit.Hit, hour hit.Hour, page hit.Page) value {
	key := valueKey{by: own.by, label: own.label}
	switch own.by {
	case hit.ByPage:
		if page == (hit.Page{}) {
			return unlisted
		}
		key.kind, key.site, key.text = h.Kind, h.Site, page.Path()
	case hit.BySource:
		if h.Source == (hit.Host{}) {
			if h.Listed.Has(hit.BySource) {
				return none
			}
			return unlisted
		}
		key.site, key.text = h.Site, h.Source.Name()
	default:
		key.text = code(own.by, h.Env, hour)
	}
	return v.add(key)
}

func (v *values) add(key valueKey) value {
	if at, ok := v.index[key]; ok {
		return at
	}
	at := value(len(v.texts))
	v.index[key] = at
	v.texts = append(v.texts, key.text)
	v.held = append(v.held, key.label)
	return at
}

// code returns the code of a value of a closed vocabulary.
func code(by hit.Dimension, env hit.Environment, hour hit.Hour) string {
	switch by {
	case hit.ByHour:
		return fmt.Sprintf("%02d", hour)
	case hit.ByCountry:
		return env.Country.Code()
	case hit.ByBrowser:
		return env.Browser.Code()
	case hit.ByVersion:
		if env.Version == 0 {
			return hit.Unknown
		}
		return fmt.Sprintf("%s %d", env.Browser.Code(), env.Version)
	case hit.BySystem:
		return env.System.Code()
	case hit.ByDevice:
		return env.Device.Code()
	case hit.ByLanguage:
		return env.Language.Code()
	}
	panic("tally: a dimension without codes")
}

func (v *values) pending(at value) bool { return v.held[at] }
func (v *values) text(at value) string  { return v.texts[at] }

// admit marks a label as admitted, and reports whether it was not before.
func (v *values) admit(at value) bool {
	was := v.held[at]
	v.held[at] = false
	return was
}
