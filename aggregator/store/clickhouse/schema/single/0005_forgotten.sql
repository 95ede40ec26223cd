-- The tables whose retention is over: their cells are gone, or go. As long as the seals.
create table if not exists oboro.forgotten (
  site String, statistic String, period Int32, grain UInt8
)
engine = MergeTree()
order by (site, statistic, period, grain)
settings index_granularity = 8192
