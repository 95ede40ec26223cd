package tally_test

import (
	"reflect"
	"strings"
	"testing"

	"oboro/aggregator/store"
	"oboro/aggregator/tally"
)

// TestRenewedTallyIsNew counts one crowd after another in the memory of one tally: each
// makes the batches that it makes in a new one, and those of the crowd before stay as they
// were. Seen to fail when Forget leaves the labels or one map of them, the versions, the tags, the
// meters, the sums of a group, what has changed, or the places of cells by code or by label.
func TestRenewedTallyIsNew(t *testing.T) {
	all := weekly(t)
	renewed := tally.New(all, sites, day-1)
	var before, copied []store.Batch
	for seed := range uint64(6) {
		renewed.Forget()
		renewed.Renew(day)
		fresh := tally.New(all, sites, day)
		c := newCrowd(t, seed)
		take := func(n int) {
			for range n {
				h := c.next(c.random.IntN(12))
				for _, counted := range []*tally.Tally{renewed, fresh} {
					counted.Take(h.Hit)
					counted.Meter(0, []string{"kept", "bot", "spam"}[seed%3])
				}
			}
		}
		take(int(40 + 60*(seed%3)))
		got := renewed.Cut()
		if want := fresh.Cut(); !reflect.DeepEqual(got, want) {
			t.Fatalf("crowd %d makes %v in a renewed tally, want %v", seed, got, want)
		}
		if !reflect.DeepEqual(before, copied) {
			t.Fatal("the batches of the crowd before have changed")
		}
		before, copied = got, copyOf(got)
		take(20) // which nobody asks for
	}
}

func copyOf(list []store.Batch) []store.Batch {
	var copied []store.Batch
	for _, b := range list {
		cells := b.Cells
		b.Cells = nil
		for _, c := range cells {
			c.Keys = append([]string(nil), c.Keys...)
			b.Cells = append(b.Cells, c)
		}
		copied = append(copied, b)
	}
	return copied
}

// TestForgottenTextsAreGone looks at all that a tally refers to, in the room beyond the
// ends of its slices too: no page and no host is left. Seen to fail when the labels are
// cut short but not cleared, when the versions are, and when one of the maps is not cleared.
func TestForgottenTextsAreGone(t *testing.T) {
	counted := tally.New(catalogue(t), sites, day)
	c := newCrowd(t, 4)
	for range 300 {
		counted.Take(c.next(c.random.IntN(12)).Hit)
	}
	counted.Changes()
	if n := texts(reflect.ValueOf(counted).Elem().FieldByName("values")); n < 20 {
		t.Fatalf("%d texts are found before they are forgotten, want them all", n)
	}
	counted.Forget()
	if n := texts(reflect.ValueOf(counted).Elem().FieldByName("values")); n != 0 {
		t.Errorf("%d texts are left", n)
	}
}

// texts counts the pages, hosts, versions and a tag of a crowd in v.
func texts(v reflect.Value) (n int) {
	switch v.Kind() {
	case reflect.String:
		s := v.String()
		if strings.HasPrefix(s, "/") || strings.Contains(s, ".example") || strings.Contains(s, " ") || s == "kouhou" {
			return 1
		}
	case reflect.Struct:
		for i := range v.NumField() {
			n += texts(v.Field(i))
		}
	case reflect.Slice:
		v = v.Slice(0, v.Cap())
		fallthrough
	case reflect.Array:
		for i := range v.Len() {
			n += texts(v.Index(i))
		}
	case reflect.Map:
		for at := v.MapRange(); at.Next(); {
			n += texts(at.Key()) + texts(at.Value())
		}
	}
	return n
}
