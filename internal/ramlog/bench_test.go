package ramlog_test

import (
	"errors"
	"testing"

	"oboro/internal/ramlog"
)

// TestAppendAllocatesNothing, so that the collector's hits do not either.
func TestAppendAllocatesNothing(t *testing.T) {
	l, _ := replay(t, ramlog.Layout{}, ram(t), 64<<20)
	record := filled(1, 60)
	if n := testing.AllocsPerRun(100_000, func() {
		if err := l.Append(record); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("Append allocates %v times", n)
	}
}

func BenchmarkAppend(b *testing.B) {
	l, _ := replay(b, ramlog.Layout{}, ram(b), 256<<20)
	record := filled(1, 60)
	b.ReportAllocs()
	for b.Loop() {
		if err := l.Append(record); err != nil {
			b.StopTimer()
			if !errors.Is(err, ramlog.ErrFull) {
				b.Fatal(err)
			}
			if err := l.Reset(nil); err != nil {
				b.Fatal(err)
			}
			b.StartTimer()
		}
	}
}

// BenchmarkAppendFull is what a log costs that sheds.
func BenchmarkAppendFull(b *testing.B) {
	l, _ := replay(b, ramlog.Layout{}, ram(b), 1<<20)
	record := filled(1, 60)
	for l.Append(record) == nil {
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := l.Append(record); err == nil {
			b.Fatal("there is room")
		}
	}
}

// BenchmarkReplay reads a million records of 60 bytes.
func BenchmarkReplay(b *testing.B) {
	const records = 1_000_000
	dir, limit := ram(b), int64(192<<20)
	l, _ := replay(b, ramlog.Layout{}, dir, limit)
	record := filled(1, 60)
	for range records {
		if err := l.Append(record); err != nil {
			b.Fatal(err)
		}
	}
	l.Close()
	b.ReportAllocs()
	for b.Loop() {
		l, err := ramlog.Open(dir, fresh(), limit)
		if err != nil {
			b.Fatal(err)
		}
		n := 0
		if err := l.Replay(func([]byte) error { n++; return nil }); err != nil || n != records {
			b.Fatalf("%d records, %v", n, err)
		}
		l.Close()
	}
}
