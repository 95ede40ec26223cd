package aggregator_test

import (
	"testing"

	"go.uber.org/goleak"
)

// No goroutine outlives the tests. Seen to fail when a flush begins one that waits.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
