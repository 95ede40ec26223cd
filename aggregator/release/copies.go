package release

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// ErrForked says that a log, a ledger or a trail is not the one, grown, whose checkpoint was copied:
// it was put back to an older state, shortened, rewritten, or it is another one.
var ErrForked = errors.New("is not the one, grown, whose checkpoint was copied")

// A Growing is what checkpoints are signed of: the log of releases, the ledger, or the trail.
type Growing interface {
	Tree() (size int64, root tlog.Hash)
	RootOf(size int64) (tlog.Hash, error) // when it had that size, which it must have had
}

// Copies are checkpoints in a second place: a file each, never written anew and never deleted.
// Each can be handed to "oboro verify --since" as it stands.
type Copies struct {
	dir      string
	signer   note.Signer
	verifier note.Verifier
}

// NewCopies returns the copies in that folder, which need not be there yet, of the
// checkpoints that signer signs.
func NewCopies(dir string, signer note.Signer, key string) (Copies, error) {
	verifier, err := note.NewVerifier(key)
	if err != nil {
		return Copies{}, errors.New("copies of checkpoints: the verifier key is none")
	}
	return Copies{dir, signer, verifier}, nil
}

// A CopyOf says whose checkpoint it is; its files begin so.
type CopyOf string

// Of all there are checkpoints.
const (
	CopyOfLog    CopyOf = "log"
	CopyOfLedger CopyOf = "ledger"
	CopyOfAudit  CopyOf = "audit" // the trail of who looked
)

func (of CopyOf) origin(signer string) string {
	if of == CopyOfLog {
		return signer
	}
	return signer + "/" + string(of)
}

// Checkpoint returns the signed head of what grew, as it is now, and the size that it names.
func (of CopyOf) Checkpoint(grown Growing, signer note.Signer) (size int64, signed []byte, err error) {
	size, root := grown.Tree()
	signed, err = Sign(headText(of.origin(signer.Name()), size, root), signer)
	return size, signed, err
}

// A Head is a checkpoint that was read, and what errors call it.
type Head struct {
	Signed []byte
	Name   string
}

// Holds holds what grew to a checkpoint by that verifier key, and returns the size that it
// names. Where they do not go together, or it is no checkpoint of its, the error is ErrForked.
func (of CopyOf) Holds(h Head, key string, grown Growing) (size int64, err error) {
	verifier, err := note.NewVerifier(strings.TrimSpace(key))
	if err != nil {
		return 0, errors.New("the verifier key is none")
	}
	return of.held(h, verifier, grown)
}

func (of CopyOf) held(h Head, verifier note.Verifier, grown Growing) (size int64, err error) {
	text, err := open(h.Signed, verifier)
	lines := strings.Split(text, "\n")
	if err == nil && len(lines) == 4 && lines[0] == of.origin(verifier.Name()) {
		size, err = strconv.ParseInt(lines[1], 10, 64)
	} else {
		err = errors.New("none")
	}
	if err != nil {
		return 0, fmt.Errorf("%s %w: %s is not signed by this data directory's key", of, ErrForked, h.Name)
	}
	have, _ := grown.Tree()
	if have < size {
		return size, fmt.Errorf("%s %w: %s names %d lines, and it has %d", of, ErrForked, h.Name, size, have)
	}
	root, err := grown.RootOf(size)
	if err != nil {
		return size, err
	}
	if text != headText(of.origin(verifier.Name()), size, root) {
		return size, fmt.Errorf("%s %w: its first %d lines are not those that %s names", of, ErrForked, size, h.Name)
	}
	return size, nil
}

var copyName = regexp.MustCompile(`^(log|ledger|audit)-([0-9]{12})\.checkpoint$`)

func (of CopyOf) file(size int64) string { return fmt.Sprintf("%s-%012d.checkpoint", of, size) }

func headText(origin string, size int64, root tlog.Hash) string {
	return fmt.Sprintf("%s\n%d\n%s\n", origin, size, root)
}

// Check holds what grew to its newest copy. It returns ErrForked where it does not go with
// it, or where that copy is none that our key signed; any other error says that the folder,
// or the copy, could not be read. Where there is no copy yet, nothing is checked.
func (c Copies) Check(of CopyOf, grown Growing) error {
	_, err := c.newest(of, grown)
	return err
}

// newest returns the size of the newest copy, after holding what grew to it; 0 where there
// is none.
func (c Copies) newest(of CopyOf, grown Growing) (int64, error) {
	entries, err := os.ReadDir(c.dir)
	if err != nil {
		return 0, reason(err)
	}
	var size int64
	for _, e := range entries {
		if parts := copyName.FindStringSubmatch(e.Name()); parts != nil && parts[1] == string(of) {
			n, _ := strconv.ParseInt(parts[2], 10, 64) // twelve digits
			size = max(size, n)
		}
	}
	if size == 0 {
		return 0, nil
	}
	return size, c.holds(of, size, grown)
}

// holds checks one copy.
func (c Copies) holds(of CopyOf, size int64, grown Growing) error {
	signed, err := os.ReadFile(filepath.Join(c.dir, of.file(size)))
	if err != nil {
		return reason(err)
	}
	named, err := of.held(Head{signed, of.file(size)}, c.verifier, grown)
	if err == nil && named != size {
		return fmt.Errorf("%s %w: %s is not signed by this data directory's key under that name", of, ErrForked, of.file(size))
	}
	return err
}

// Keep copies the checkpoint of what grew, as it is now, after holding it to the newest
// copy as [Copies.Check] does. It is on the disk when Keep returns. What is empty has no
// checkpoint.
func (c Copies) Keep(of CopyOf, grown Growing) error {
	newest, err := c.newest(of, grown)
	if err != nil {
		return err
	}
	size, signed, err := of.Checkpoint(grown, c.signer)
	if err != nil || size == newest {
		return err
	}
	if err := WriteFile(filepath.Join(c.dir, of.file(size)), signed, 0o644); err != nil {
		return reason(err)
	}
	return nil
}

// reason returns what the system says, without the path that it says it of: the name of a
// second place may hold how one gets in there.
func reason(err error) error {
	if at, ok := errors.AsType[*fs.PathError](err); ok {
		return at.Err
	}
	if at, ok := errors.AsType[*os.LinkError](err); ok {
		return at.Err
	}
	return errors.New("the folder cannot be used")
}
