package public

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// each calls do with every number below n, on all processors at once: a publication is
// thousands of files that have nothing to do with each other. Once a call fails no other is begun, and
// of the errors that there are the one of the lowest number is returned.
func each(n int, do func(i int) error) error {
	errs := make([]error, n)
	var next atomic.Int64
	var failed atomic.Bool
	var working sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) {
		working.Go(func() {
			for !failed.Load() {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				if errs[i] = do(i); errs[i] != nil {
					failed.Store(true)
				}
			}
		})
	}
	working.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
