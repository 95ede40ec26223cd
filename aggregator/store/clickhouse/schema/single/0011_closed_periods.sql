-- The sums of periods that are closed, for good: all rows of one in one block. A period is
-- closed as soon as it has some.
create table if not exists oboro.closed_periods (
  site String, statistic String, period Int32, measure UInt8,
  key1 String, key2 String, key3 String,
  value Int64, numerator Int64, denominator Int64,
  no_address UInt8 materialized throwIf(match(key1, '^([0-9]{1,3}[.]){3}[0-9]{1,3}$|^[0-9a-fA-F.:]*::[0-9a-fA-F.:]*$|^([0-9a-fA-F]{1,4}:){6,7}[0-9a-fA-F.]+$')
    or match(key2, '^([0-9]{1,3}[.]){3}[0-9]{1,3}$|^[0-9a-fA-F.:]*::[0-9a-fA-F.:]*$|^([0-9a-fA-F]{1,4}:){6,7}[0-9a-fA-F.]+$')
    or match(key3, '^([0-9]{1,3}[.]){3}[0-9]{1,3}$|^[0-9a-fA-F.:]*::[0-9a-fA-F.:]*$|^([0-9a-fA-F]{1,4}:){6,7}[0-9a-fA-F.]+$'))
)
engine = MergeTree()
partition by intDiv(period, 364) order by (site, statistic, period, measure, key1, key2, key3)
settings index_granularity = 8192
