-- Writes down whose store this is, and over how many shards sites are spread.
insert into owner (ledger, shards)
