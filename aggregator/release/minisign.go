package release

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"

	"aead.dev/minisign"
)

// The files by which minisign, a program that is not ours, confirms the same folder:
// its public key, and what it checks the manifests and the list of hashes by.
const (
	MinisignKey = "minisign.pub"
	ManifestSig = "manifest.minisig"
	SumsSig     = "SHA256SUMS.minisig"
)

// untrusted is the line of a signature that minisign does not check. Ours says nothing,
// so that there is nothing in it to change.
const untrusted = "signature of oboro"

// A Minisigner signs as minisign does. It holds the second key, which has nothing of
// the first.
type Minisigner struct{ key minisign.PrivateKey }

// LoadOrCreateMinisigner returns the signer whose key is in the file at path, in the
// form of minisign. Where there is no file it makes one. The public key stands beside
// it, in path + ".pub".
func LoadOrCreateMinisigner(path string) (Minisigner, error) {
	file, err := loadOrCreateSecret(path, freshMinisign)
	if err != nil {
		return Minisigner{}, fmt.Errorf("minisign key: %w", err)
	}
	var m Minisigner
	if err := m.key.UnmarshalText(bytes.TrimSpace(file)); err != nil || !m.whole() {
		return Minisigner{}, fmt.Errorf("minisign key: %s holds no key without a password", path) // the cause could quote it
	}
	if err := keepBeside(path, m.Public()); err != nil {
		return Minisigner{}, fmt.Errorf("minisign key: %w", err)
	}
	return m, nil
}

func freshMinisign() ([]byte, error) {
	_, key, err := minisign.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	text, err := key.MarshalText()
	return append(text, '\n'), err
}

// whole reports whether what the key signs verifies: the two halves of a damaged file
// need not go together.
func (m Minisigner) whole() bool {
	signed := m.sign([]byte(untrusted), untrusted)
	return checkMinisig(m.Public(), []byte(untrusted), signed, untrusted) == nil
}

// Public returns the file minisign.pub.
func (m Minisigner) Public() []byte {
	text, _ := m.key.Public().(minisign.PublicKey).MarshalText() // never fails
	return append(text, '\n')
}

// sign returns the signature of a file. The comment is signed with it, and printed by
// minisign. It holds no time: the same file has the same signature.
func (m Minisigner) sign(file []byte, comment string) []byte {
	r := minisign.NewReader(bytes.NewReader(file))
	if _, err := r.Read(make([]byte, len(file))); err != nil && len(file) > 0 {
		panic("release: bytes in memory could not be read")
	}
	return r.SignWithComments(m.key, comment, untrusted)
}

// Countersign returns the signature of a manifest.
func (m Minisigner) Countersign(manifest []byte) []byte { return m.sign(manifest, firstLine(manifest)) }

func firstLine(file []byte) string {
	line, _, _ := bytes.Cut(file, []byte("\n"))
	return string(line)
}

// checkMinisig checks a signature of a file as minisign does, and that it is written
// as [Minisigner] writes it and in no other way, for the reasons that open has.
func checkMinisig(public, file, signed []byte, comment string) error {
	var key minisign.PublicKey
	if err := key.UnmarshalText(public); err != nil {
		return fmt.Errorf("cannot be checked: %s holds no key", MinisignKey)
	}
	if !minisign.Verify(key, file, signed) {
		return errors.New("the minisign signature does not verify")
	}
	var s minisign.Signature
	if err := s.UnmarshalText(signed); err != nil || s.TrustedComment != comment {
		return fmt.Errorf("the comment of the minisign signature is not %q", comment)
	}
	s.UntrustedComment = untrusted
	if again, err := s.MarshalText(); err != nil || s.Algorithm != minisign.HashEdDSA || !bytes.Equal(again, signed) {
		return errors.New("the minisign signature is not written in the usual way")
	}
	return nil
}

// secondKey checks the list's signature by minisign.pub, which the first key vouches for.
func (v *verification) secondKey() {
	if v.listed[MinisignKey] == "" {
		v.found(MinisignKey, "is missing")
		return
	}
	v.public = v.take(MinisignKey)
	if signed := v.read(SumsSig); signed != nil {
		if err := checkMinisig(v.public, v.list, signed, sumsHeader); err != nil {
			v.found(SumsSig, "%v", err)
		}
	}
}

// countersigned checks the same key's signature of the manifest of a data set.
func (v *verification) countersigned(folder string) {
	if v.public == nil {
		return
	}
	name, manifest := folder+"/"+ManifestSig, v.files[folder+"/"+ManifestOf]
	signed, ok := v.files[name]
	if !ok {
		v.found(name, "is missing")
	} else if err := checkMinisig(v.public, manifest, signed, firstLine(manifest)); err != nil {
		v.found(name, "%v", err)
	}
}
