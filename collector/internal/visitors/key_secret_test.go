//go:build goexperiment.runtimesecret

package visitors_test

import (
	"crypto/rand"
	"runtime/secret"
	"testing"

	"oboro/collector/internal/visitors"
)

// asking is a source of random bytes that asks what becomes of them.
type asking struct{ secretly bool }

func (a *asking) Read(b []byte) (int, error) {
	a.secretly = secret.Enabled()
	return rand.Read(b)
}

// TestKeyIsDrawnSecretly holds that the build with GOEXPERIMENT=runtimesecret has what
// it is built for. Seen to fail when NewKey does not use package secret.
func TestKeyIsDrawnSecretly(t *testing.T) {
	random := &asking{}
	if _, err := visitors.NewKey(random); err != nil || !random.secretly {
		t.Errorf("NewKey draws its bytes secretly: %v, %v, want true", random.secretly, err)
	}
}
