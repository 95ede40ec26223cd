-- One row for each sealed grain of a site, for good. It is written last: without it there
-- is no seal. grain is 0 for a day and 1 for a week, reservation the ledger's number,
-- statistics those of its tables, and seal a hash of all that it holds.
create table if not exists oboro.seals (
  site String, period Int32, grain UInt8,
  reservation UInt64, epochs UInt32, imported UInt8,
  statistics Array(String), seal FixedString(16)
)
engine = MergeTree()
order by (site, period, grain)
settings index_granularity = 8192
