-- Reads whose store this is: the row that was written first.
select ledger, shards from owner order by toUInt64(splitByChar('_', _part)[2]) limit 1
