-- Says whether the store is this ledger's.
select 1 from owner where ledger = ?
