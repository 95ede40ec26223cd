package source_test

import (
	"testing"

	"oboro/collector/internal/source"
)

// warm are referrers, and what finding each may allocate: nothing where it is listed; for
// another web site the copy that is kept, and what the library of public suffixes throws
// away at once.
var warm = []struct {
	name, referrer, query string
	allocations           float64
}{
	{"direct", "", "", 0},
	{"search", "https://www.google.com/", "", 0},
	{"service below a shared domain", "https://news.yahoo.co.jp/pickup", "", 0},
	{"social", "https://l.facebook.com/", "", 0},
	{"spam", "http://semalt.semalt.com/crawler.php", "", 0},
	{"app", "android-app://jp.naver.line.android/", "", 0},
	{"own", "https://example.jp/a", "page=2", 0},
	{"tags", "", "id=5&utm_source=kouhou&utm_medium=QR&utm_campaign=spring-2026", 0},
	{"tags in Japanese", "", "utm_source=%E5%BA%83%E5%A0%B1%E8%AA%8C&utm_medium=x", 0},
	{"tags that are not declared", "", "utm_source=someone@example.com&utm_campaign=%ff", 0},
	{"assistant's tag", "", "utm_source=chatgpt.com", 0},
	{"government", "https://www.city.yokohama.lg.jp/", "", 2},
	{"other site", "https://blog.example.co.jp/a/b?c", "", 2},
}

// Seen to fail when the service of a list is made anew by hit.ParseHost.
func TestWarmLookUpsAllocateNothing(t *testing.T) {
	for _, tt := range warm {
		if got := testing.AllocsPerRun(100, func() { source.Find(tt.referrer, tt.query, own, declaredHere) }); got > tt.allocations {
			t.Errorf("%s: %v allocations, want at most %v", tt.name, got, tt.allocations)
		}
	}
}

func BenchmarkFind(b *testing.B) {
	for _, tt := range warm {
		b.Run(tt.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				source.Find(tt.referrer, tt.query, own, declaredHere)
			}
		})
	}
}
