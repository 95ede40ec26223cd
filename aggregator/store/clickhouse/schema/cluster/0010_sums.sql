-- The sum of the shares of a period that is not closed. Each share makes a new sum, in a partition
-- of its own, and the one before is dropped: so no share is left to be read. given are the days
-- whose shares are in it, done is their number, and day the one that gave the latest. alone is 1
-- where that gave its share without a seal; else the sum counts once the row of seals is there
-- that its seal names.
create table if not exists oboro.sums on cluster oboro (
  site String, statistic String, period Int32, done UInt32, given Array(Int32), day Int32, alone UInt8, measure UInt8,
  key1 String, key2 String, key3 String,
  value Int64, numerator Int64, denominator Int64,
  seal FixedString(16),
  no_address UInt8 materialized throwIf(match(key1, '^([0-9]{1,3}[.]){3}[0-9]{1,3}$|^[0-9a-fA-F.:]*::[0-9a-fA-F.:]*$|^([0-9a-fA-F]{1,4}:){6,7}[0-9a-fA-F.]+$')
    or match(key2, '^([0-9]{1,3}[.]){3}[0-9]{1,3}$|^[0-9a-fA-F.:]*::[0-9a-fA-F.:]*$|^([0-9a-fA-F]{1,4}:){6,7}[0-9a-fA-F.]+$')
    or match(key3, '^([0-9]{1,3}[.]){3}[0-9]{1,3}$|^[0-9a-fA-F.:]*::[0-9a-fA-F.:]*$|^([0-9a-fA-F]{1,4}:){6,7}[0-9a-fA-F.]+$'))
)
engine = ReplicatedMergeTree('/clickhouse/oboro/{shard}/sums', '{replica}')
partition by (statistic, period, site, done) order by (alone, seal, measure, key1, key2, key3)
settings index_granularity = 8192
