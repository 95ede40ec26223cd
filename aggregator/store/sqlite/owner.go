package sqlite

import (
	"context"

	"oboro/aggregator/store"
)

// Claim makes the store that of a ledger. See [store.Owner].
func (s *Store) Claim(ctx context.Context, ledger string) error {
	return s.write(ctx, "claim the store", func(t *transaction) (bool, error) {
		added, err := t.exec(claimQuery, []byte(ledger))
		if err != nil {
			return false, err
		}
		_, owns, err := t.number(ownsQuery, []byte(ledger))
		if err == nil && !owns {
			err = store.ErrOwner
		}
		return added > 0, err
	})
}
