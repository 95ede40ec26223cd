package release_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"oboro/aggregator/release"
)

func TestLoadOrCreateSigner(t *testing.T) {
	path := filepath.Join(t.TempDir(), "release.key")
	first, key, err := release.LoadOrCreateSigner(path, "example.test/oboro")
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key file has mode %v, %v; want 0600", info.Mode().Perm(), err)
	}
	if public, err := os.ReadFile(path + ".pub"); err != nil || string(public) != key+"\n" {
		t.Errorf("the verifier key beside it is %q, %v; want %q", public, err, key)
	}
	if err := os.Remove(path + ".pub"); err != nil {
		t.Fatal(err)
	}
	second, again, err := release.LoadOrCreateSigner(path, "another name")
	if err != nil || again != key || second.KeyHash() != first.KeyHash() {
		t.Errorf("the second start has key %s, %v; want that of the first, %s", again, err, key)
	}
	verifier, err := note.NewVerifier(key)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := release.Sign("text\n", second)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := note.Open(signed, note.VerifierList(verifier)); err != nil {
		t.Errorf("what the signer signed does not verify: %v", err)
	}
}

func TestSignerRefusesAKeyThatOthersMayRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "release.key")
	if _, _, err := release.LoadOrCreateSigner(path, "example.test"); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, _, err := release.LoadOrCreateSigner(path, "example.test"); err == nil {
		t.Error("a key that everybody may read was taken")
	}
}

func TestSignerErrorsHoldNoKey(t *testing.T) {
	path := filepath.Join(t.TempDir(), "release.key")
	if err := os.WriteFile(path, []byte("PRIVATE+KEY+x+00000000+c2VjcmV0"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, _, err := release.LoadOrCreateSigner(path, "example.test")
	if err == nil || strings.Contains(err.Error(), "c2VjcmV0") {
		t.Errorf("error = %v, want one without the key", err)
	}
}
