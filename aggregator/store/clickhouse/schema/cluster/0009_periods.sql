-- The keys of a period over which a figure is summed, a row each, for good. seal is a hash of
-- them all and of the days; where a period has rows of two, those of the least count.
create table if not exists oboro.periods on cluster oboro (
  site String, statistic String, period Int32, days UInt32,
  key1 String, key2 String, key3 String,
  seal FixedString(16),
  no_address UInt8 materialized throwIf(match(key1, '^([0-9]{1,3}[.]){3}[0-9]{1,3}$|^[0-9a-fA-F.:]*::[0-9a-fA-F.:]*$|^([0-9a-fA-F]{1,4}:){6,7}[0-9a-fA-F.]+$')
    or match(key2, '^([0-9]{1,3}[.]){3}[0-9]{1,3}$|^[0-9a-fA-F.:]*::[0-9a-fA-F.:]*$|^([0-9a-fA-F]{1,4}:){6,7}[0-9a-fA-F.]+$')
    or match(key3, '^([0-9]{1,3}[.]){3}[0-9]{1,3}$|^[0-9a-fA-F.:]*::[0-9a-fA-F.:]*$|^([0-9a-fA-F]{1,4}:){6,7}[0-9a-fA-F.]+$'))
)
engine = ReplicatedMergeTree('/clickhouse/oboro/{shard}/periods', '{replica}')
partition by intDiv(period, 364) order by (site, statistic, period, seal, key1, key2, key3)
settings index_granularity = 8192
