//go:build goexperiment.runtimesecret

package ramlog_test

import (
	"crypto/rand"
	"runtime/secret"
	"testing"

	"oboro/internal/ramlog"
)

// asking is a source of random bytes that asks what becomes of them.
type asking struct{ secretly bool }

func (a *asking) Read(b []byte) (int, error) {
	a.secretly = secret.Enabled()
	return rand.Read(b)
}

// TestKeyIsDrawnSecretly holds that the build with GOEXPERIMENT=runtimesecret has what
// it is built for. Seen to fail when draw does not use package secret.
func TestKeyIsDrawnSecretly(t *testing.T) {
	random := &asking{}
	l, err := ramlog.Open(ram(t), random, 1<<20)
	if err != nil || !random.secretly {
		t.Fatalf("a log draws its key secretly: %v, %v, want true", random.secretly, err)
	}
	l.Close()
}
