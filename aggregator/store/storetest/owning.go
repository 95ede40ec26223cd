package storetest

import (
	"errors"

	"oboro/aggregator/store"
)

// owning holds the cases of the ledger that a store belongs to. Seen to fail, on SQLite,
// when a second claim took the first one's place, and when nobody looked whose it was.
var owning = []outcome{
	{"a store belongs to the ledger that claimed it first, for ever", claimedOnce},
}

func claimedOnce(b *bench) {
	for range 2 {
		if err := b.Claim(b.Context(), "00112233445566778899aabbccddeeff"); err != nil {
			b.Errorf("Claim by its ledger = %v, want nil", err)
		}
		if err := b.Claim(b.Context(), "ffeeddccbbaa99887766554433221100"); !errors.Is(err, store.ErrOwner) {
			b.Errorf("Claim by another ledger = %v, want ErrOwner", err)
		}
		b.reopen()
	}
}
