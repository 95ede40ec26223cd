package clickhouse

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"oboro/aggregator/store"
)

// Claim makes the store that of a ledger. See [store.Owner]. Of two that claim it at the
// same moment the one whose row was written first has it. The row also holds the number of
// shards: over another number sites would be looked for where they are not. Whoever owns the
// store begins by dropping what was left open of sealed tables.
func (s *Store) Claim(ctx context.Context, ledger string) error {
	const op = "claim the store"
	if err := s.claim(ctx, ledger); err != nil {
		return classified(ctx, op, err)
	}
	for _, sh := range s.shards {
		if err := sh.sweep(ctx); err != nil {
			return classified(ctx, op, err)
		}
	}
	return nil
}

func (s *Store) claim(ctx context.Context, ledger string) error {
	return s.shards[0].try(ctx, func(ctx context.Context, h *host) error {
		owner, err := s.owner(ctx, h)
		if err != nil {
			return err
		}
		if owner == "" {
			if err := insert(ctx, h, claimQuery, []string{ledger}, []uint32{uint32(len(s.shards))}); err != nil {
				return err
			}
			if owner, err = s.owner(ctx, h); err != nil {
				return err
			}
		}
		if owner != ledger {
			return store.ErrOwner
		}
		return nil
	})
}

// owner returns the id of the ledger that the store belongs to, or "".
func (s *Store) owner(ctx context.Context, h *host) (string, error) {
	var ledger string
	var shards uint32
	err := h.conn.QueryRow(ctx, ownerQuery).Scan(&ledger, &shards)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return "", nil
	case err != nil:
		return "", err
	case int(shards) != len(s.shards):
		return "", refusal(fmt.Sprintf("the store was made for %d shards, and the cluster has %d: "+
			"give it as many as it had; docs/scaling.md says how shards are added", shards, len(s.shards)))
	}
	return ledger, nil
}
