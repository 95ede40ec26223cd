package storetest

import (
	"context"
	"errors"
	"math"
	"math/big"
	"slices"

	"oboro/aggregator/statistic"
	"oboro/aggregator/store"
)

// summing holds the cases of periods. Seen to fail, on SQLite, when a share was added a
// second time, by its seal or without, when the seal stood though its share was refused, when
// one of other keys, days, or a day outside was taken, when a
// period began anew with other keys, when it closed short of a day, when the variances were
// not added up, when periods of another site or statistic were read, and when a share
// without a seal sealed its day. On ClickHouse, when a seal's share was left out, when
// one was written though its day had given its share, and when shares were not looked at before
// the seal was written; on a cluster of it, when a replica that lagged was believed.
var summing = []outcome{
	{"a sum is that of its shares, in their order and over restarts", sums},
	{"a share goes with its seal, once", sealedShare},
	{"a seal whose share cannot be added is not kept", refusedShare},
	{"a share without a seal is added once and leaves its day open", shareAlone},
	{"a share is added once, whichever replica is asked", shareOnReplicas},
	{"a share of other keys or days is refused and changes nothing", otherDomain},
	{"a period begins once, with its keys", begunOnce},
	{"a period closes when every day has given its share, and stays as it is", closesWhole},
	{"sums are read in their range and order, of their site and statistic", sumRanges},
	{"sums outlive the retention of cells", sumsStay},
	{"a cancelled share changes nothing", cancelledShare},
}

// keys of the period of the tests, not in their order.
var summed = [][]string{{"/b"}, {"/a"}, {"朧"}, {statistic.Other}}

// sigma is the variance of the share of a day in seven: 1000/21.
var sigma = big.NewRat(1000, 21)

// share returns the share of a day in the week of monday: n for the first key, and one more
// for each next.
func share(n int64, sigma2 *big.Rat, keys ...[]string) store.Share {
	s := store.Share{Statistic: "pages", Period: monday, Days: 7}
	for i, key := range keys {
		s.Values = append(s.Values, store.Measurement{Keys: key, Measure: statistic.Reach, Value: n + int64(i), Sigma2: sigma2})
	}
	return s
}

// mustBegin begins the week of monday for a site.
func (b *bench) mustBegin(site string) {
	b.Helper()
	if err := b.BeginPeriod(b.Context(), site, "pages", monday, 7, summed); err != nil {
		b.Fatalf("BeginPeriod(%s) = %v, want nil", site, err)
	}
}

func (b *bench) mustShare(site string, day statistic.Day, share store.Share) {
	b.Helper()
	if err := b.AddShare(b.Context(), site, day, share); err != nil {
		b.Fatalf("AddShare(%s, %s) = %v, want nil", site, day, err)
	}
}

// wantSum compares the week of monday with what is wanted: the values of the keys as summed
// has them, and the variance of each.
func (b *bench) wantSum(site string, done int, closed bool, sigma2 *big.Rat, values ...int64) {
	b.Helper()
	got, err := b.Sums(b.Context(), site, "pages", monday, monday)
	if err != nil || len(got) != 1 {
		b.Fatalf("Sums(%s) = %+v, %v, want one period", site, got, err)
	}
	sum := got[0]
	if sum.Period != monday || sum.Days != 7 || sum.Done != done || sum.Closed != closed {
		b.Errorf("the period is %s of %d days, %d done, closed %v; want %d done, closed %v", sum.Period, sum.Days, sum.Done, sum.Closed, done, closed)
	}
	sorted := slices.SortedFunc(slices.Values(summed), slices.Compare[[]string])
	if !slices.EqualFunc(sum.Keys, sorted, slices.Equal[[]string]) {
		b.Errorf("the keys of the period are %q, want %q", sum.Keys, sorted)
	}
	var want []store.Measurement
	for i, value := range values {
		want = append(want, store.Measurement{Keys: summed[i], Measure: statistic.Reach, Value: value, Sigma2: sigma2})
	}
	slices.SortFunc(want, func(x, y store.Measurement) int { return slices.Compare(x.Keys, y.Keys) })
	if !sameTable(store.Sealed{Measurements: sum.Values}, store.Sealed{Measurements: want}) {
		b.Errorf("the sum is %+v, want %+v", sum.Values, want)
	}
}

func sums(b *bench) {
	b.mustBegin("a")
	b.wantSum("a", 0, false, nil)
	b.mustShare("a", monday+2, share(-5, sigma, summed...))
	b.wantSum("a", 1, false, sigma, -5, -4, -3, -2)
	b.reopen()
	odd := big.NewRat(7000, 3)
	reversed := share(0, odd, summed...)
	slices.Reverse(reversed.Values)
	b.mustShare("a", monday, reversed)
	b.mustShare("a", monday+6, share(1<<40, sigma, summed...))
	for range 2 {
		want := new(big.Rat).Add(odd, new(big.Rat).Add(sigma, sigma))
		b.wantSum("a", 3, false, want, 1<<40-5, 1<<40-2, 1<<40+1, 1<<40+4)
		b.reopen()
	}
}

func sealedShare(b *bench) {
	b.mustBegin("a")
	b.mustBegin("b")
	b.mustAdd(1, pages(cell("a", 1, 1, 1, "/a")))
	whole := seal("a", statistic.Daily, monday, store.Sealed{Statistic: "pages", Cells: []store.Folded{folded(0, 10, 20, "/a")}})
	whole.Shares = []store.Share{share(10, sigma, summed...)}
	for range 3 {
		b.mustSeal(whole)
		b.wantSum("a", 1, false, sigma, 10, 11, 12, 13)
		b.wantSum("b", 0, false, nil)
		whole.Shares[0] = share(99, sigma, summed...)
		b.reopen()
	}
	b.mustShare("a", monday, share(99, sigma, summed...))
	b.wantSum("a", 1, false, sigma, 10, 11, 12, 13)
	whole.Shares = nil
	b.wantSeals("a", "pages", monday, monday, whole)
	b.wantOpen("pages", "a", monday)
}

// refusedShare seals days whose share does not go in, last of several: nothing is kept.
func refusedShare(b *bench) {
	b.mustBegin("a")
	open := cell("a", 1, 1, 1, "/a")
	b.mustAdd(1, pages(open))
	missing, far := share(1, sigma, summed...), seal("a", statistic.Daily, monday+7)
	missing.Statistic = "never-heard-of"
	far.Shares = []store.Share{share(1, sigma, summed...)}
	good := seal("a", statistic.Daily, monday, store.Sealed{Statistic: "pages"})
	for _, bad := range []store.Share{missing, share(1, sigma, summed[1:]...), share(1, nil, summed...)} {
		whole := good
		whole.Shares = []store.Share{share(1, sigma, summed...), bad}
		if err := b.WriteSeal(b.Context(), whole); err == nil {
			b.Errorf("WriteSeal with the share %+v = nil, want an error", bad)
		}
	}
	if err := b.WriteSeal(b.Context(), far); !errors.Is(err, store.ErrDomain) {
		b.Errorf("WriteSeal with a share of another period = %v, want %v", err, store.ErrDomain)
	}
	b.wantSeals("a", "pages", monday, monday+7)
	b.wantOpen("pages", "a", monday, open)
	b.wantSum("a", 0, false, nil)
	b.mustSeal(good)
}

func shareAlone(b *bench) {
	b.mustBegin("a")
	for n := range int64(3) {
		b.mustShare("a", monday, share(7+n, sigma, summed...))
		b.reopen()
	}
	b.wantSum("a", 1, false, sigma, 7, 8, 9, 10)
	b.mustAdd(1, pages(cell("a", 1, 1, 1, "/a"))) // the day is open
	b.wantSeals("a", "pages", monday, monday)
	whole := seal("a", statistic.Daily, monday, store.Sealed{Statistic: "pages"})
	b.mustSeal(whole)
	b.wantSeals("a", "pages", monday, monday, whole)
	b.wantSum("a", 1, false, sigma, 7, 8, 9, 10)
}

// shareOnReplicas gives shares, by seals and without, that another replica does not know of
// yet, and gives them again with other values.
func shareOnReplicas(b *bench) {
	b.mustBegin("a")
	catchUp := b.lag()
	for n := range int64(3) {
		b.mustShare("a", monday, share(7+100*n, sigma, summed...))
		b.lag()
	}
	catchUp()
	b.wantSum("a", 1, false, sigma, 7, 8, 9, 10)
	if b.Failed() {
		b.FailNow() // what replicas do that have not agreed takes minutes
	}
	catchUp = b.lag()
	whole := seal("a", statistic.Daily, monday+1, store.Sealed{Statistic: "pages"})
	for n := range int64(2) {
		whole.Shares = []store.Share{share(10+100*n, sigma, summed...)}
		b.mustSeal(whole)
		b.lag()
	}
	catchUp()
	b.wantSum("a", 2, false, new(big.Rat).Add(sigma, sigma), 17, 19, 21, 23)
	whole.Shares = nil
	b.wantSeals("a", "pages", monday, monday+6, whole)
}

func otherDomain(b *bench) {
	b.mustBegin("a")
	b.mustShare("a", monday, share(1, sigma, summed...))
	b.mustBegin("b")
	for _, keys := range [][][]string{summed[1:], append(slices.Clone(summed), []string{"/c"}), append(slices.Clone(summed[1:]), []string{"/c"}), nil} {
		if err := b.AddShare(b.Context(), "b", monday, share(1, sigma, keys...)); !errors.Is(err, store.ErrDomain) {
			b.Errorf("AddShare of the keys %q, as the first = %v, want %v", keys, err, store.ErrDomain)
		}
	}
	b.wantSum("b", 0, false, nil)
	longer, views := share(1, sigma, summed...), share(1, sigma, summed...)
	longer.Days = 8
	for i := range views.Values {
		views.Values[i].Measure = statistic.Views
	}
	both := share(1, sigma, summed...)
	both.Values = append(both.Values, views.Values...)
	for name, bad := range map[string]struct {
		day   statistic.Day
		share store.Share
	}{
		"a key less":        {monday + 1, share(1, sigma, summed[1:]...)},
		"a key more":        {monday + 1, share(1, sigma, append(slices.Clone(summed), []string{"/c"})...)},
		"another key":       {monday + 1, share(1, sigma, append(slices.Clone(summed[1:]), []string{"/c"})...)},
		"no key":            {monday + 1, share(1, sigma)},
		"another length":    {monday + 1, longer},
		"a day before":      {monday - 1, share(1, sigma, summed...)},
		"a day after":       {monday + 7, share(1, sigma, summed...)},
		"another measure":   {monday + 1, views},
		"a measure besides": {monday + 1, both},
	} {
		if err := b.AddShare(b.Context(), "a", bad.day, bad.share); !errors.Is(err, store.ErrDomain) {
			b.Errorf("%s: AddShare = %v, want %v", name, err, store.ErrDomain)
		}
	}
	huge := share(1, big.NewRat(1, math.MaxInt64), summed...)
	if err := b.AddShare(b.Context(), "a", monday+1, huge); err == nil {
		b.Error("AddShare with a variance that has no sum = nil, want an error")
	}
	b.mustBegin("c")
	most := big.NewRat(math.MaxInt64, 1)
	b.mustShare("c", monday, share(1, most, summed...))
	if err := b.AddShare(b.Context(), "c", monday+1, share(1, most, summed...)); err == nil {
		b.Error("AddShare with a variance too large for the sum = nil, want an error")
	}
	b.wantSum("a", 1, false, sigma, 1, 2, 3, 4)
}

func begunOnce(b *bench) {
	b.mustBegin("a")
	b.mustShare("a", monday, share(1, sigma, summed...))
	for range 2 {
		b.mustBegin("a")
		for name, bad := range map[string]struct {
			days int
			keys [][]string
		}{"fewer keys": {7, summed[1:]}, "more keys": {7, append(slices.Clone(summed), []string{"/c"})}, "more days": {8, summed}} {
			if err := b.BeginPeriod(b.Context(), "a", "pages", monday, bad.days, bad.keys); !errors.Is(err, store.ErrDomain) {
				b.Errorf("BeginPeriod with %s = %v, want %v", name, err, store.ErrDomain)
			}
		}
		b.wantSum("a", 1, false, sigma, 1, 2, 3, 4)
		b.reopen()
	}
	for name, keys := range map[string][][]string{"no keys": nil, "a key twice": {{"/a"}, {"/a"}}, "an empty key": {{""}}} {
		if err := b.BeginPeriod(b.Context(), "b", "pages", monday, 7, keys); err == nil {
			b.Errorf("BeginPeriod with %s = nil, want an error", name)
		}
	}
}

func closesWhole(b *bench) {
	if err := b.ClosePeriod(b.Context(), "a", "pages", monday); err == nil {
		b.Error("ClosePeriod of nothing = nil, want an error")
	}
	b.mustBegin("a")
	for day := monday; day < monday+7; day++ {
		if err := b.ClosePeriod(b.Context(), "a", "pages", monday); !errors.Is(err, store.ErrShort) {
			b.Errorf("ClosePeriod before %s = %v, want %v", day, err, store.ErrShort)
		}
		b.mustShare("a", day, share(0, sigma, summed...))
	}
	whole := big.NewRat(1000, 3)
	for range 2 {
		if err := b.ClosePeriod(b.Context(), "a", "pages", monday); err != nil {
			b.Errorf("ClosePeriod = %v, want nil", err)
		}
		b.wantSum("a", 7, true, whole, 0, 7, 14, 21)
		b.mustShare("a", monday, share(5, sigma, summed...)) // given before, so nothing changes
		b.reopen()
	}
	b.wantSum("a", 7, true, whole, 0, 7, 14, 21)
}

func sumRanges(b *bench) {
	for _, first := range []statistic.Day{next, monday - 7, monday} {
		for _, site := range []string{"a", "b"} {
			if err := b.BeginPeriod(b.Context(), site, "pages", first, 7, summed); err != nil {
				b.Fatal(err)
			}
		}
	}
	if err := b.BeginPeriod(b.Context(), "a", "downloads", monday, 7, summed); err != nil {
		b.Fatal(err)
	}
	b.mustShare("b", monday, share(1, sigma, summed...))
	for _, tt := range []struct {
		site, statistic string
		from, to        statistic.Day
		want            []statistic.Day
	}{
		{"a", "pages", monday - 7, next, []statistic.Day{monday - 7, monday, next}},
		{"a", "pages", monday - 6, next - 1, []statistic.Day{monday}},
		{"a", "pages", next + 1, next + 9, nil},
		{"a", "downloads", 0, next, []statistic.Day{monday}},
		{"a", "never-heard-of", 0, next, nil},
		{"never-heard-of", "pages", 0, next, nil},
	} {
		got, err := b.Sums(b.Context(), tt.site, tt.statistic, tt.from, tt.to)
		if err != nil {
			b.Fatal(err)
		}
		var firsts []statistic.Day
		for _, sum := range got {
			firsts = append(firsts, sum.Period)
			if sum.Done != 0 || sum.Values != nil {
				b.Errorf("%s of %s has the share of another: %+v", tt.statistic, tt.site, sum)
			}
		}
		if !slices.Equal(firsts, tt.want) {
			b.Errorf("Sums(%s, %s, %s, %s) = %v, want %v", tt.site, tt.statistic, tt.from, tt.to, firsts, tt.want)
		}
	}
}

func sumsStay(b *bench) {
	b.mustBegin("a")
	whole := seal("a", statistic.Daily, monday, store.Sealed{Statistic: "pages", Cells: []store.Folded{folded(0, 10, 20, "/a"), folded(0, 10, 20, "朧")}})
	whole.Shares = []store.Share{share(10, sigma, summed...)}
	b.mustSeal(whole)
	b.mustForget("", next)
	b.reopen()
	b.wantSum("a", 1, false, sigma, 10, 11, 12, 13)
	b.mustShare("a", monday+1, share(10, sigma, summed...))
}

func cancelledShare(b *bench) {
	b.mustBegin("a")
	ended, end := context.WithCancel(b.Context())
	end()
	_, err := b.Sums(ended, "a", "pages", monday, monday)
	for name, err := range map[string]error{
		"BeginPeriod": b.BeginPeriod(ended, "b", "pages", monday, 7, summed),
		"AddShare":    b.AddShare(ended, "a", monday, share(1, sigma, summed...)),
		"ClosePeriod": b.ClosePeriod(ended, "a", "pages", monday),
		"Sums":        err,
	} {
		if !errors.Is(err, context.Canceled) {
			b.Errorf("%s with an ended context = %v, want %v", name, err, context.Canceled)
		}
	}
	b.wantSum("a", 0, false, nil)
}
