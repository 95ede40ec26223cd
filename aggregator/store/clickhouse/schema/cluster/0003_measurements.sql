-- Noisy counts, drawn once, as long as the releases made from them may be made again.
-- measure is the place of the measure in statistic.Counts; numerator and denominator are
-- those of the variance that was drawn.
create table if not exists oboro.measurements on cluster oboro (
  site String, statistic String, period Int32, grain UInt8, measure UInt8,
  key1 String, key2 String, key3 String,
  value Int64, numerator Int64, denominator Int64,
  seal FixedString(16),
  no_address UInt8 materialized throwIf(match(key1, '^([0-9]{1,3}[.]){3}[0-9]{1,3}$|^[0-9a-fA-F.:]*::[0-9a-fA-F.:]*$|^([0-9a-fA-F]{1,4}:){6,7}[0-9a-fA-F.]+$')
    or match(key2, '^([0-9]{1,3}[.]){3}[0-9]{1,3}$|^[0-9a-fA-F.:]*::[0-9a-fA-F.:]*$|^([0-9a-fA-F]{1,4}:){6,7}[0-9a-fA-F.]+$')
    or match(key3, '^([0-9]{1,3}[.]){3}[0-9]{1,3}$|^[0-9a-fA-F.:]*::[0-9a-fA-F.:]*$|^([0-9a-fA-F]{1,4}:){6,7}[0-9a-fA-F.]+$'))
)
engine = ReplicatedMergeTree('/clickhouse/oboro/{shard}/measurements', '{replica}')
partition by intDiv(period, 364) order by (site, statistic, period, grain, measure, key1, key2, key3)
settings index_granularity = 8192
