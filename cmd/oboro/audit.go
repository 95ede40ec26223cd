package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"oboro/aggregator/release"
	"oboro/internal/audit"
)

type auditCommand struct {
	Verify auditVerifyCommand `cmd:"" help:"Check that the audit trail is as it was written, and whole."`
	Review auditReviewCommand `cmd:"" help:"Report who looked at what, and who changed what."`
}

type auditVerifyCommand struct {
	Since string `placeholder:"FILE" help:"A signed head of the trail, kept from before (a copy as audit-000000000012.checkpoint): what it names must still be there."`
	Key   string `placeholder:"FILE" help:"Verifier key; by default that of the data directory."`
}

// Help says what the check can see. It stands in the help of the command.
func (auditVerifyCommand) Help() string {
	return `The trail in DATA/audit has an entry for each look at counts, export, query and command that changes data, written
before the answer was sent. Each entry holds the root of the tree of all before it, and DATA/audit/checkpoint is the signed
head: a changed byte, an entry that was taken out, another order, a month taken away and a shortened end are found.

  oboro audit verify
  oboro audit verify --since /mnt/elsewhere/oboro/audit-000000000012.checkpoint

Somebody who has the whole data directory can put an older one back, or sign another. That shows against copies in a
second place alone: where checkpoint_copy is configured, the newest is asked too. It needs no running process, and may run
beside one. Exit status 5: something was found.`
}

// Run checks the files as they are, without the lock: an auditor may have a copy of them.
func (c auditVerifyCommand) Run(_ context.Context, p process, o options) error {
	config, err := loadConfig(o.ConfigFile)
	if err != nil {
		return err
	}
	dir := trailDir(o.Data)
	head, err := os.ReadFile(filepath.Join(dir, checkpointName)) // before the entries, which may grow meanwhile
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("audit trail: %w", err)
	}
	t, err := readTrail(o, nil)
	if err != nil {
		return err
	}
	key, err := os.ReadFile(cmp.Or(c.Key, filepath.Join(o.Data, "signing.key.pub")))
	if err != nil {
		return misuse("verifier key: %w; name it with --key", err)
	}
	if head == nil {
		return failure{unverified, errors.New("the audit trail has no signed head: " + filepath.Join(dir, checkpointName) + " is not there")}
	}
	signed, err := heldTo(head, ownHead, string(key), t)
	if err != nil {
		return asFound(err)
	}
	copied, err := c.copies(config, o, string(key), t)
	if err != nil {
		return asFound(err)
	}
	return sayVerified(p.stdout, t, signed, copied)
}

// heldTo holds the trail to a signed head, and returns how many entries that names.
func heldTo(head []byte, name, key string, t *audit.Trail) (int64, error) {
	n, err := release.CopyOfAudit.Holds(release.Head{Signed: head, Name: name}, key, t)
	if err != nil && !errors.Is(err, release.ErrForked) {
		return 0, misuse("%w", err)
	}
	return n, err
}

// asFound gives what was found wrong with a trail its exit status.
func asFound(err error) error {
	if errors.Is(err, release.ErrForked) || errors.Is(err, audit.ErrChanged) {
		return failure{unverified, err}
	}
	return err
}

// readTrail reads the audit trail of the data directory.
func readTrail(o options, each func(audit.Leaf) error) (*audit.Trail, error) {
	t, err := audit.Read(trailDir(o.Data), each)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, misuse("there is no audit trail in %s", o.Data)
	}
	if err != nil {
		return nil, asFound(err)
	}
	if len(t.Months) == 0 {
		return nil, failure{nothing, errors.New("the audit trail has no entry yet")}
	}
	return t, nil
}

// copies holds the trail to a head that was kept, and to the newest copy; it says in words what
// it was held to.
func (c auditVerifyCommand) copies(config config, o options, key string, t *audit.Trail) (words string, err error) {
	if c.Since != "" {
		kept, err := os.ReadFile(c.Since)
		if err != nil {
			return "", misuse("earlier head: %w", err)
		}
		n, err := heldTo(kept, filepath.Base(c.Since), key, t)
		if err != nil {
			return "", err
		}
		words = fmt.Sprintf("; it grew from %d entries", n)
	}
	if config.CheckpointCopy == "" {
		return words, nil
	}
	if err := config.checkCopies(o.Data); err != nil {
		return "", err
	}
	copies, err := release.NewCopies(absolute(config.CheckpointCopy, config.dir), nil, key)
	if err == nil {
		err = copies.Check(release.CopyOfAudit, t)
	}
	if err != nil {
		return "", fmt.Errorf("checkpoint_copy: %w", err)
	}
	return words + "; it goes with the newest copy of its head", nil
}

func sayVerified(out io.Writer, t *audit.Trail, signed int64, copied string) error {
	size, _ := t.Tree()
	fmt.Fprintf(out, "verified: %d entries since %s, signed through entry %d%s\n", size-t.Before, t.Months[0], signed, copied)
	if t.Before > 0 {
		fmt.Fprintf(out, "note: %d entries before %s were let go after two years\n", t.Before, t.Months[0])
	}
	if size > signed {
		fmt.Fprintf(out, "note: %d entries are not signed yet: a running process signs them within the hour, and when it ends\n", size-signed)
	}
	if t.Torn {
		fmt.Fprintln(out, "note: the last line has no end: it is being written, or its process was killed, and it was not answered")
	}
	return nil
}
