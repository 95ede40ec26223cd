package release

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestLoadOrCreateMinisigner(t *testing.T) {
	path := filepath.Join(t.TempDir(), "minisign.key")
	first, err := LoadOrCreateMinisigner(path)
	if err != nil {
		t.Fatal(err)
	}
	// Seen to fail when the key is written with mode 0644.
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key file has mode %v, %v; want 0600", info.Mode().Perm(), err)
	}
	if public, err := os.ReadFile(path + ".pub"); err != nil || !bytes.Equal(public, first.Public()) {
		t.Errorf("the public key beside it is %q, %v; want %q", public, err, first.Public())
	}
	second, err := LoadOrCreateMinisigner(path)
	if err != nil || !bytes.Equal(second.Public(), first.Public()) {
		t.Errorf("the second start has key %q, %v; want that of the first, %q", second.Public(), err, first.Public())
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadOrCreateMinisigner(path); err == nil {
		t.Error("a key that everybody may read was taken")
	}
}

// TestMinisignerRefusesDamage gives the key file each of its bytes changed. The salt and
// the checksum of a key without a password are not used: there, the key stays what it was.
func TestMinisignerRefusesDamage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "minisign.key")
	if _, err := LoadOrCreateMinisigner(path); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	secret := string(file[bytes.IndexByte(file, '\n')+1:])
	refused := 0
	for i := range file {
		damaged := bytes.Clone(file)
		damaged[i] ^= 1
		if err := os.WriteFile(path, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		m, err := LoadOrCreateMinisigner(path)
		if err != nil {
			refused++
			if strings.Contains(err.Error(), secret[20:30]) {
				t.Fatalf("byte %d: the error %v quotes the key", i, err)
			}
			continue
		}
		// Seen to fail when LoadOrCreateMinisigner does not try what it loaded.
		signed := m.sign(file, "x")
		if checkMinisig(m.Public(), file, signed, "x") != nil {
			t.Errorf("byte %d of the key was changed, and it signs what does not verify", i)
		}
	}
	if refused < 40 {
		t.Errorf("of %d changed keys %d were refused, want at least those of the key's own bytes", len(file), refused)
	}
}

// TestEachByteOfASignedFile changes every byte of a signed file, of its signature and of
// the public key, each in every bit. Seen to fail when checkMinisig leaves out the
// spelling (the untrusted comment), the comment, and the signature itself.
func TestEachByteOfASignedFile(t *testing.T) {
	m, err := LoadOrCreateMinisigner(filepath.Join(t.TempDir(), "minisign.key"))
	if err != nil {
		t.Fatal(err)
	}
	file := []byte("oboro release demo devices 2026-10 1\n" + Sums(map[string][]byte{"table.csv": []byte("x\n")}))
	signed := m.sign(file, firstLine(file))
	if err := checkMinisig(m.Public(), file, signed, firstLine(file)); err != nil {
		t.Fatalf("what was signed: %v", err)
	}
	for i := range file {
		for bit := range 8 {
			if checkMinisig(m.Public(), flipped(file, i, bit), signed, firstLine(file)) == nil {
				t.Errorf("bit %d of byte %d of the file was changed, and the signature accepted", bit, i)
			}
		}
	}
	for i := range signed {
		for bit := range 8 {
			if checkMinisig(m.Public(), file, flipped(signed, i, bit), firstLine(file)) == nil {
				t.Errorf("bit %d of byte %d of the signature was changed, and it is accepted", bit, i)
			}
		}
	}
	key := bytes.LastIndexByte(bytes.TrimSpace(m.Public()), '\n') + 1
	for i := key; i < len(m.Public())-1; i++ {
		if checkMinisig(flipped(m.Public(), i, 0), file, signed, firstLine(file)) == nil {
			t.Errorf("byte %d of the public key was changed, and the signature accepted", i)
		}
	}
	if checkMinisig(m.Public(), file, m.sign(file, "oboro folder"), firstLine(file)) == nil {
		t.Error("a signature with another comment is accepted")
	}
}

func flipped(file []byte, i, bit int) []byte {
	changed := bytes.Clone(file)
	changed[i] ^= 1 << bit
	return changed
}
