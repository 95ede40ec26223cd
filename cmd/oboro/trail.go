package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"golang.org/x/sys/unix"

	"oboro/aggregator/release"
	"oboro/internal/audit"
)

// A trail is the audit trail of an open data directory: who looked at what, and who changed
// what, each written down before it is answered.
type trail struct {
	*audit.Log
	config string // hash of the configuration in force
	by     string // who started the process

	mu     sync.Mutex // guards what follows, and the order of what is signed
	signed int64      // entries under the signed head
	hour   string     // in which a head was signed last, or could not be
}

// checkpointName is the signed head of the trail, beside its months.
const checkpointName = "checkpoint"

// ownHead is what errors call it.
const ownHead = "audit/" + checkpointName

func trailDir(data string) string { return filepath.Join(data, "audit") }

// openTrail opens the audit trail, and refuses one that does not go with its signed head, or
// with the newest copy of one. A configuration that was not in force before is an entry; where
// that cannot be written now, it is before the next.
func (a *app) openTrail() error {
	log, err := audit.Open(trailDir(a.options.Data))
	if err != nil {
		return err
	}
	t := &trail{Log: log, by: audit.UID(uint32(os.Getuid()))}
	if t.config, err = a.config.hash(a.catalogue); err == nil {
		err = a.holdTrail(t)
	}
	if errors.Is(err, release.ErrForked) {
		err = fmt.Errorf("%w. Nothing was changed. Put the newest backup of %s back, or begin another trail: "+
			"move that folder away, and with it the audit-*.checkpoint files of checkpoint_copy, if there are any; keep them, since they tell what was lost",
			err, trailDir(a.options.Data))
	}
	if err != nil {
		return errors.Join(err, log.Close())
	}
	a.trail = t
	if err := t.declare(a); err != nil {
		a.log.Error("audit trail not written; figures are not shown until it is", "error", err.Error())
	}
	return nil
}

// holdTrail holds the trail to its signed head, and to the newest copy of one. A second place
// that cannot be read keeps nobody from looking: it is told of, and tried again.
func (a *app) holdTrail(t *trail) error {
	head, err := os.ReadFile(filepath.Join(trailDir(a.options.Data), checkpointName))
	if err == nil {
		var key string
		if _, key, err = release.LoadOrCreateSigner(a.keyPath(), "oboro"); err == nil {
			t.signed, err = release.CopyOfAudit.Holds(release.Head{Signed: head, Name: ownHead}, key, t)
		}
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("audit trail: %w", err)
	}
	if a.copies != nil {
		if err := a.copies.Check(release.CopyOfAudit, t); errors.Is(err, release.ErrForked) {
			return fmt.Errorf("checkpoint_copy: %w", err)
		}
	}
	return nil
}

// declare writes down the configuration in force, where the trail does not name it.
func (t *trail) declare(a *app) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.Config() == t.config {
		return nil
	}
	return t.Append(audit.Leaf{
		Action: audit.Config, Actor: t.by, Role: audit.Operator, Result: audit.Done, Params: audit.Params{Config: t.config},
	}, a.process.now())
}

// audit puts an entry into the trail. It is on the disk when audit returns nil.
func (a *app) audit(leaf audit.Leaf) error {
	if a.trail == nil {
		return errors.New("there is no audit trail")
	}
	if err := a.trail.declare(a); err != nil {
		return err
	}
	return a.trail.Append(leaf, a.process.now())
}

// signTrail signs the head of the trail, if it has grown: the first time at once, then in each
// hour, and at last always. What fails is told of and stops nothing: each entry holds those
// before it.
func (a *app) signTrail(last bool) {
	t := a.trail
	t.mu.Lock()
	defer t.mu.Unlock()
	hour := a.process.now().UTC().Format("2006-01-02 15")
	if size, _ := t.Tree(); size == t.signed || hour == t.hour && !last {
		return
	}
	t.hour = hour
	signer, _, err := release.LoadOrCreateSigner(a.keyPath(), "oboro")
	if err == nil {
		var signed []byte
		var size int64
		if size, signed, err = release.CopyOfAudit.Checkpoint(t.Log, signer); err == nil {
			err = release.WriteFile(filepath.Join(trailDir(a.options.Data), checkpointName), signed, 0o600)
		}
		if err == nil {
			t.signed = size
			return
		}
	}
	a.log.Error("audit trail not signed", "error", err.Error())
}

// underHead returns how many entries are under the signed head.
func (t *trail) underHead() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.signed
}

// object names what an entry is about. What is not declared is left out.
func (a *app) object(site, statistic string) (o audit.Object) {
	if slices.Contains(a.config.siteIDs(), site) {
		o.Site = site
	}
	if _, ok := a.catalogue.Find(statistic); ok {
		o.Statistic = statistic
	}
	return o
}

// perform does a job for somebody. What shows counts is held back until an entry says what came
// of it; a change is written down before it is begun, and ledger and log say what came of that.
func (a *app) perform(ctx context.Context, j job, s streams) error {
	leaf := j.entry(a)
	leaf.Actor, leaf.Role, leaf.Result = s.by, audit.Operator, audit.Asked
	if leaf.Action != audit.Query {
		if err := a.audit(leaf); err != nil {
			return fmt.Errorf("nothing was done, since it cannot be written down: %w", err)
		}
		return j.do(ctx, a, s)
	}
	var shown bytes.Buffer
	to := s.out
	s.out = &shown
	err := j.do(ctx, a, s)
	leaf.Result = resultOf(err)
	if err := a.audit(leaf); err != nil {
		return fmt.Errorf("nothing is shown, since it cannot be written down: %w", err)
	}
	if _, failed := shown.WriteTo(to); failed != nil {
		err = errors.Join(err, fmt.Errorf("print: %w", failed))
	}
	return err
}

// resultOf returns what the trail calls the outcome of a query.
func resultOf(err error) audit.Result {
	f, ok := errors.AsType[failure](err)
	switch {
	case err == nil:
		return audit.Answered
	case ok && f.status == misused:
		return audit.Refused
	}
	return audit.Failed
}

// peer is the key under which the context of a request over a socket of this machine has the
// account of who asks.
type peer struct{}

// withPeer adds the account of the other end, which the system vouches for.
func withPeer(ctx context.Context, c net.Conn) context.Context {
	socket, ok := c.(*net.UnixConn)
	if !ok {
		return ctx
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return ctx
	}
	var who *unix.Ucred
	if failed := raw.Control(func(fd uintptr) { who, err = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED) }); failed != nil || err != nil {
		return ctx
	}
	return context.WithValue(ctx, peer{}, audit.UID(who.Uid))
}
