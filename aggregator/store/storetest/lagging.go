package storetest

import (
	"testing"

	"oboro/aggregator/statistic"
	"oboro/aggregator/store"
)

// lagging holds the cases of what is read once it has settled, though replicas lag. Seen to fail when a
// replica that lags was believed, of epochs and of seals, and when stay did not look whether another one was asked.
var lagging = []outcome{
	{"what has settled leaves no epoch out that one replica has", epochsOnReplicas},
	{"what has settled leaves no seal out that one replica has", sealOnReplicas},
}

// A Lagger is a store of several replicas.
type Lagger interface {
	// Lag has the replicas take nothing from each other, and the store ask another one
	// first. Then catchUp ends that.
	Lag(t *testing.T) (catchUp func())
}

// lag makes a replica lag, where there are several. What is asked then is asked of that one.
func (b *bench) lag() (catchUp func()) {
	if l, ok := b.Store.(Lagger); ok {
		return l.Lag(b.T)
	}
	return func() {}
}

// epochsOnReplicas begins epochs on replicas that do not know of each other's.
func epochsOnReplicas(b *bench) {
	b.begin(monday, 1)
	catchUp := b.lag()
	defer catchUp()
	if _, err := b.BeginEpoch(b.Context(), monday); err != nil {
		b.Errorf("BeginEpoch = %v, want nil", err)
	}
	b.lag()
	settled, err := b.Epochs(b.Context(), monday, monday)
	if from, is := b.Store.(store.Settler); is {
		settled, err = from.SettledEpochs(b.Context(), monday, monday)
	}
	if err != nil || settled[monday] != 2 {
		b.Errorf("the day has the epochs %v, %v, want 2", settled, err)
	}
}

// sealOnReplicas reads a seal that one replica has.
func sealOnReplicas(b *bench) {
	catchUp := b.lag()
	defer catchUp()
	whole := seal("a", statistic.Daily, monday, store.Sealed{Statistic: "pages", Cells: []store.Folded{folded(0, 12, 70, "/")}})
	b.mustSeal(whole)
	b.lag()
	from, is := b.Store.(store.Settler)
	if !is {
		b.wantSeals("a", "pages", monday, monday, whole)
		return
	}
	stay, err := from.SettledSeals(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	b.wantSeals("a", "pages", monday, monday, whole)
	if err := stay(); err != nil {
		b.Errorf("stay = %v, want nil", err)
	}
	if _, lags := b.Store.(Lagger); !lags {
		return
	}
	b.lag()
	if err := stay(); err == nil {
		b.Error("stay after another replica was asked = nil, want an error")
	}
}
