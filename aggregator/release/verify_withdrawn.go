package release

import (
	"maps"
	"slices"
	"strings"
)

// withdrawal checks that a table shows either figures or the reason why it does not, and
// that the ledger knows of it.
func (v *verification) withdrawal(at string, e Envelope) {
	rows := 0
	for _, r := range e.Data {
		if r.Status == Withdrawn {
			rows++
		}
	}
	for _, r := range e.Totals {
		if (r.Status == Withdrawn) != (rows > 0) {
			v.found(at, "some figures are withdrawn, and a total is not, or the other way round")
		}
	}
	reason, known := v.budget.withdrawn[e.withdrawalOf()]
	switch {
	case rows == 0 && e.Meta.Erratum == nil:
	case rows != len(e.Data):
		v.found(at, "is withdrawn, and shows figures")
	case e.Meta.Erratum == nil || strings.TrimSpace(e.Meta.Erratum.JA) == "" || strings.TrimSpace(e.Meta.Erratum.EN) == "":
		v.found(at, "is withdrawn without a reason in both languages")
	case !known || reason != *e.Meta.Erratum:
		v.found(at, "is withdrawn, and the ledger does not say so, or for another reason")
	}
}

func (e Envelope) withdrawalOf() withdrawal {
	return withdrawal{e.Site + "/" + e.Statistic, e.Period.Name}
}

// takenBack checks that of what the ledger calls withdrawn no newest version shows figures,
// and reports it.
func (v *verification) takenBack() {
	newest := map[withdrawal]Envelope{}
	for _, e := range v.tables {
		if old, ok := newest[e.withdrawalOf()]; !ok || old.Version < e.Version {
			newest[e.withdrawalOf()] = e
		}
	}
	for w, reason := range v.budget.withdrawn {
		e, ok := newest[w]
		switch {
		case !ok:
			v.found(LedgerLines, "%s of %s is withdrawn and not in the folder", w.dataset, w.period)
		case e.Meta.Erratum == nil:
			v.found(dataFolder+e.Name+"/"+TableJSON, "the ledger says that it was withdrawn")
		default:
			v.report.Withdrawn = append(v.report.Withdrawn, Taken{e.Name, reason})
		}
	}
	for _, e := range slices.SortedFunc(maps.Values(v.tables), func(a, b Envelope) int { return strings.Compare(a.Name, b.Name) }) {
		if e.Meta.Erratum != nil && newest[e.withdrawalOf()].Version != e.Version {
			v.found(dataFolder+e.Name+"/"+TableJSON, "is withdrawn, and a later version was published")
		}
	}
	slices.SortFunc(v.report.Withdrawn, func(a, b Taken) int { return strings.Compare(a.Name, b.Name) })
}
