package hit_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"oboro/collector/hit"
)

// TestRecentKnowsWhatItWasTold holds that a number is that of this very page, site and
// kind, or none, wherever the page's text stands; and that most are found. Seen to fail
// when Find leaves out the page, the site or the kind, and when Forget does nothing.
func TestRecentKnowsWhatItWasTold(t *testing.T) {
	type key struct {
		page hit.Page
		site hit.Site
		kind hit.Kind
	}
	r := rand.New(rand.NewPCG(3, 9))
	page := func(n int) hit.Page {
		p, ok := hit.ParsePage(fmt.Sprintf("/page-%d", n))
		if !ok {
			t.Fatal("a page is refused")
		}
		return p
	}
	var pages []hit.Page
	for n := range 300 {
		pages = append(pages, page(n), page(n)) // the same text in two places
	}
	recent, numbers := &hit.Recent{}, map[key]uint32{}
	asked, found := 0, 0
	for i := range 200_000 {
		if i == 100_000 {
			recent.Forget()
			clear(numbers)
		}
		k := key{pages[r.IntN(len(pages))], hit.Site(r.IntN(2)), hit.Kind(r.IntN(hit.Kinds))}
		if number := recent.Find(k.page, k.site, k.kind); number != 0 {
			if found++; number != numbers[k] {
				t.Fatalf("after %d steps %s has the number %d, want %d", i, k.page.Path(), number, numbers[k])
			}
		}
		if asked++; numbers[k] == 0 {
			numbers[k] = uint32(i + 1)
		}
		recent.Keep(k.page, k.site, k.kind, numbers[k])
	}
	if found*20 < asked { // one of six, but for those that share a place
		t.Errorf("%d of %d pages are found", found, asked)
	}
}
