package intake

import (
	"testing"

	"oboro/collector/hit"
)

func TestRegistry(t *testing.T) {
	r, bad, ok := NewRegistry([]string{"/", "/guide/*", "/news/2026", "/手続き/*", "/a*"})
	if !ok {
		t.Fatalf("NewRegistry refuses %q", bad)
	}
	for path, want := range map[string]bool{
		"/": true, "/guide/": true, "/guide/a/b": true, "/guide": false, "/guided": false,
		"/news/2026": true, "/news/2026/": false, "/news/": false, "/手続き/引越し": true,
		"/about": true, "/a": true, "/A": false, "/other": false,
	} {
		p, ok := hit.ParsePage(path)
		if !ok {
			t.Fatalf("%q is no page", path)
		}
		if r.Has(p) != want {
			t.Errorf("Has(%s) = %v, want %v", path, !want, want)
		}
	}
	if r.Has(hit.Page{}) || (Registry{}).Has(hit.Page{}) {
		t.Error("the zero page is declared")
	}
}

func TestRegistryOfEverything(t *testing.T) {
	r, bad, ok := NewRegistry([]string{"/*"})
	p, _ := hit.ParsePage("/any/page")
	if !ok || !r.Has(p) || r.Has(hit.Page{}) {
		t.Errorf("the registry of /* refuses %q and has /any/page: %v, and the zero page: %v", bad, r.Has(p), r.Has(hit.Page{}))
	}
}

// Seen to fail when the empty path passes for "no bad path": it then emptied the
// whole registry, and said nothing.
func TestRegistryRefuses(t *testing.T) {
	for _, bad := range []string{"", "*", "guide/", "/a//b", "/a?b", "https://a.example/", "/../x", "/123456789", "/a@b", "/a**"} {
		if r, got, ok := NewRegistry([]string{"/", bad, "/ok"}); ok || got != bad || r.exact != nil {
			t.Errorf("NewRegistry with %q = %v, names %q as bad: %v", bad, r, got, !ok)
		}
	}
}
