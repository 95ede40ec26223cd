package ramlog

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"

	"golang.org/x/sys/unix"
)

const (
	secretSize  = 32
	keyFileSize = 64
)

// A key seals the frames of one generation. Its secret is in two places only: the
// mapped key file, and the expanded form within sealer. It is used by one
// goroutine at a time.
type key struct {
	file   []byte // the key file, mapped: the secret, the life, zeros
	sealer cipher.AEAD
	life   uint32 // of this opening; it begins with 1

	nonce [12]byte // scratch of seal and open; on the stack they would be allocated
	data  [8]byte
}

// makeKey allocates a key file without a secret.
func makeKey(dir string) (*key, error) {
	f, err := os.OpenFile(filepath.Join(dir, "key"), os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("make the key file: %w", err)
	}
	defer f.Close()
	mem, err := allocate(f, keyFileSize)
	if err != nil {
		return nil, err
	}
	return &key{file: mem}, nil
}

// openKey opens a key file, and begins a life of it. The error is a [Damage] where
// it holds no secret.
func openKey(dir string) (*key, error) {
	f, err := os.OpenFile(filepath.Join(dir, "key"), os.O_RDWR, 0)
	if err != nil {
		if os.IsNotExist(err) {
			return nil, Damage{}
		}
		return nil, fmt.Errorf("open the key file: %w", err)
	}
	defer f.Close()
	if stat, err := f.Stat(); err != nil || stat.Size() != keyFileSize {
		return nil, Damage{}
	}
	mem, err := mapped(f, keyFileSize)
	if err != nil {
		return nil, err
	}
	k := &key{file: mem}
	if zero(mem[:secretSize]) || !zero(mem[secretSize+4:]) {
		k.release()
		return nil, Damage{}
	}
	return k, k.begin()
}

// fill is draw, take is begin, and put and get are seal and open: see key_plain.go and
// key_secret.go.
func (k *key) fill(random io.Reader) error {
	if _, err := io.ReadFull(random, k.file[:secretSize]); err != nil {
		return fmt.Errorf("draw a key: %w", err)
	}
	if zero(k.file[:secretSize]) { // means that there is none
		return errors.New("draw a key: no random bytes")
	}
	return k.take()
}

func (k *key) take() error {
	k.life = load(k.file[secretSize:]) + 1
	store(k.file[secretSize:], k.life)
	block, err := aes.NewCipher(k.file[:secretSize])
	if err != nil {
		return fmt.Errorf("take a key: %w", err)
	}
	defer wipe(block)
	if k.sealer, err = cipher.NewGCM(block); err != nil {
		return fmt.Errorf("take a key: %w", err)
	}
	return nil
}

func (k *key) put(dst []byte, sequence uint64, word uint32, payload []byte) {
	k.address(k.life, sequence, word)
	k.sealer.Seal(dst, k.nonce[:], payload, k.data[:])
}

func (k *key) get(dst []byte, life uint32, sequence uint64, word uint32, body []byte) ([]byte, error) {
	k.address(life, sequence, word)
	return k.sealer.Open(dst, k.nonce[:], body, k.data[:])
}

func (k *key) address(life uint32, sequence uint64, word uint32) {
	binary.LittleEndian.PutUint32(k.nonce[:], life)
	binary.LittleEndian.PutUint64(k.nonce[4:], sequence)
	binary.LittleEndian.PutUint32(k.data[:], word)
	binary.LittleEndian.PutUint32(k.data[4:], version)
}

// release wipes the key from this process's memory; its file stays.
func (k *key) release() {
	if k == nil || k.file == nil {
		return
	}
	if k.sealer != nil {
		wipe(k.sealer)
		k.sealer = nil
	}
	unix.Munmap(k.file)
	k.file = nil
}

// destroy overwrites the key in its file and in this process's memory. The file is
// written out before it goes, in case that it is on a disk after all.
func (k *key) destroy() error {
	if k == nil || k.file == nil {
		return nil
	}
	clear(k.file)
	err := unix.Msync(k.file, unix.MS_SYNC)
	k.release()
	return err
}

// wipe overwrites what secret, a pointer of package cipher or aes, points to: they
// have no way to do so, and the expanded key begins with the key itself.
func wipe(secret any) {
	if v := reflect.ValueOf(secret); v.Kind() == reflect.Pointer {
		v.Elem().SetZero()
	}
}

// wipeFile overwrites the key file of a generation that is not open.
func wipeFile(dir string) error {
	f, err := os.OpenFile(filepath.Join(dir, "key"), os.O_WRONLY, 0)
	if err != nil {
		if os.IsNotExist(err) {
			return nil
		}
		return fmt.Errorf("overwrite a key: %w", err)
	}
	defer f.Close()
	if _, err := f.WriteAt(make([]byte, keyFileSize), 0); err != nil {
		return fmt.Errorf("overwrite a key: %w", err)
	}
	return f.Sync()
}
