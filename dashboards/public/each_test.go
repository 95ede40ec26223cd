package public

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
)

// TestEach: each number has its one call, of errors the one of the lowest number is told, and
// after it not all others are begun. Seen to fail when a number was left out, when the last error was told,
// and when all went on.
func TestEach(t *testing.T) {
	const n = 1000
	var calls [n]atomic.Int32
	if err := each(n, func(i int) error { calls[i].Add(1); return nil }); err != nil {
		t.Errorf("each without an error = %v", err)
	}
	for i := range calls {
		if got := calls[i].Load(); got != 1 {
			t.Fatalf("%d had %d calls, want one", i, got)
		}
	}
	if err := each(0, func(int) error { return errors.New("called") }); err != nil {
		t.Errorf("each of none = %v, want nil", err)
	}
	var begun atomic.Int32
	var both sync.WaitGroup // the first two, where they are begun at once, both fail
	if runtime.GOMAXPROCS(0) > 1 {
		both.Add(2)
	}
	err := each(100_000, func(i int) error {
		if begun.Add(1); i < 2 && runtime.GOMAXPROCS(0) > 1 {
			both.Done()
			both.Wait()
		}
		return fmt.Errorf("number %d", i)
	})
	if err == nil || err.Error() != "number 0" { // which is begun before any other
		t.Errorf("each = %v, want the error of number 0", err)
	}
	if begun.Load() == 100_000 {
		t.Error("all numbers were begun, though the first failed")
	}
}
