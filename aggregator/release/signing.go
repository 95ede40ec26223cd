package release

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// LoadOrCreateSigner returns the signer whose key is in the file at path, and the
// key that outsiders verify with. Where there is no file it makes one, under name.
// The verifier key stands beside it, in path + ".pub".
func LoadOrCreateSigner(path, name string) (note.Signer, string, error) {
	file, err := loadOrCreateSecret(path, func() ([]byte, error) {
		key, _, err := note.GenerateKey(rand.Reader, name)
		return []byte(key + "\n"), err
	})
	if err != nil {
		return nil, "", fmt.Errorf("signing key: %w", err)
	}
	key := strings.TrimSpace(string(file))
	signer, err := note.NewSigner(key)
	if err != nil {
		return nil, "", fmt.Errorf("signing key: %s holds no key", path) // the cause could quote it
	}
	public, err := verifierKey(key, signer.Name())
	if err != nil {
		return nil, "", fmt.Errorf("signing key: %s: %w", path, err)
	}
	if err := keepBeside(path, []byte(public+"\n")); err != nil {
		return nil, "", fmt.Errorf("verifier key: %w", err)
	}
	return signer, public, nil
}

// loadOrCreateSecret returns the file at path, which nobody else may read. Where there
// is none it keeps a fresh one.
func loadOrCreateSecret(path string, fresh func() ([]byte, error)) ([]byte, error) {
	_, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		err = createSecret(path, fresh)
	}
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("others may read %s: chmod 600", path)
	}
	return os.ReadFile(path)
}

// createSecret writes a fresh key so that it is either whole or not there, and never
// in the place of another.
func createSecret(path string, fresh func() ([]byte, error)) error {
	key, err := fresh()
	if err != nil {
		return err
	}
	temp, err := os.CreateTemp(filepath.Dir(path), ".key-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name())
	_, err = temp.Write(key)
	if err = errors.Join(err, temp.Sync(), temp.Close()); err != nil {
		return err
	}
	if err := os.Link(temp.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return SyncFolder(filepath.Dir(path))
}

// keepBeside sees to it that the public part of a key stands beside it.
func keepBeside(path string, public []byte) error {
	if old, err := os.ReadFile(path + ".pub"); err == nil && bytes.Equal(old, public) {
		return nil
	}
	return WriteFile(path+".pub", public, 0o644)
}

// verifierKey derives the public part of a key that note.NewSigner accepted.
func verifierKey(key, name string) (string, error) {
	parts := strings.SplitN(key, "+", 5)
	secret, err := base64.StdEncoding.DecodeString(parts[len(parts)-1])
	if err != nil || len(secret) != 1+ed25519.SeedSize {
		return "", errors.New("not an Ed25519 key")
	}
	pair := ed25519.NewKeyFromSeed(secret[1:])
	return note.NewEd25519VerifierKey(name, pair.Public().(ed25519.PublicKey))
}

// WriteFile writes a file so that it is either whole, and on the disk, or as
// before.
func WriteFile(path string, data []byte, mode fs.FileMode) error {
	temp, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name()) // does nothing after the rename
	_, err = temp.Write(data)
	if err = errors.Join(err, temp.Chmod(mode), temp.Sync(), temp.Close()); err != nil {
		return err
	}
	if err := os.Rename(temp.Name(), path); err != nil {
		return err
	}
	return SyncFolder(filepath.Dir(path))
}

// SyncFolder puts the entries of a folder on the disk.
func SyncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// Manifest returns what is signed of a data set: which it is, and the hash of each
// of its files.
func (r Release) Manifest(files map[string][]byte) string {
	return manifestOf(r.Name(), files)
}

// manifestOf returns the text of the manifest of the data set of that name.
func manifestOf(name string, files map[string][]byte) string {
	return "oboro release " + strings.ReplaceAll(name, "/", " ") + "\n" + Sums(files)
}

// Sums lists files as sha256sum does, sorted by path.
func Sums(files map[string][]byte) string {
	list := Files{}
	for path, file := range files {
		list[path] = FileOf(file)
	}
	return list.sums()
}

func (f Files) sums() string {
	var b strings.Builder
	for _, path := range slices.Sorted(maps.Keys(f)) {
		b.WriteString(f[path].SHA256 + "  " + path + "\n")
	}
	return b.String()
}

// sumsHeader is the first line of the note that signs SHA256SUMS.
const sumsHeader = "oboro folder"

// The files at the root of a published folder that vouch for all others.
const (
	SumsFile = "SHA256SUMS"
	SumsNote = "SHA256SUMS.note"
)

// unlisted are the files that the list of hashes cannot hold.
var unlisted = []string{SumsFile, SumsNote, SumsSig}

// Seal adds to the files of a folder the list of their hashes, and what signs it: the
// note, and the signature by the second key, whose public part is one of the files.
func Seal(files map[string][]byte, signer note.Signer, second Minisigner) error {
	for _, name := range unlisted {
		delete(files, name)
	}
	files[MinisignKey] = second.Public()
	list := Files{}
	for name, file := range files {
		list[name] = FileOf(file)
	}
	sealed, err := SealList(list, signer, second)
	maps.Copy(files, sealed)
	return err
}

// SealList returns the list of the files' hashes, and what signs it.
func SealList(files Files, signer note.Signer, second Minisigner) (map[string][]byte, error) {
	list := []byte(files.sums())
	signed, err := Sign(sumsHeader+"\n"+Sums(map[string][]byte{SumsFile: list}), signer)
	return map[string][]byte{SumsFile: list, SumsNote: signed, SumsSig: second.sign(list, sumsHeader)}, err
}

// Sign returns text as a signed note (C2SP signed-note).
func Sign(text string, signer note.Signer) ([]byte, error) {
	signed, err := note.Sign(&note.Note{Text: text}, signer)
	if err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	return signed, nil
}

// open returns the text of a note that verifier signed. It accepts the one way
// that [Sign] writes it and no other: base64 has spare bits, and lines of unknown
// signers would be bytes that nobody vouches for.
func open(signed []byte, verifier note.Verifier) (string, error) {
	n, err := note.Open(signed, note.VerifierList(verifier))
	if err != nil {
		return "", errors.New("the signature does not verify")
	}
	sig, err := base64.StdEncoding.DecodeString(n.Sigs[0].Base64)
	if err != nil {
		return "", errors.New("the signature is not written in the usual way")
	}
	again := fmt.Sprintf("%s\n— %s %s\n", n.Text, verifier.Name(), base64.StdEncoding.EncodeToString(sig))
	if !bytes.Equal(signed, []byte(again)) {
		return "", errors.New("the note holds more than its text and one signature")
	}
	return n.Text, nil
}
