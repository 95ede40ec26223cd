package collector_test

import (
	"testing"

	"go.uber.org/goleak"
)

// No goroutine outlives the tests, whatever the connections have come to. fasthttp's own
// caretaker is let off: it looks every 10 seconds whether its server has ended. Seen to
// fail when a server is not shut down, and when letting a connection in begins a goroutine
// that waits for it.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2"))
}
