-- What each day has added to a period that is not closed. A partition is a period's, and is
-- dropped when that is closed. alone is 1 of a share that was given without the day's seal;
-- one of a seal counts once the row of seals is there that its seal names.
create table if not exists oboro.shares (
  site String, statistic String, period Int32, day Int32, alone UInt8, measure UInt8,
  key1 String, key2 String, key3 String,
  value Int64, numerator Int64, denominator Int64,
  seal FixedString(16),
  no_address UInt8 materialized throwIf(match(key1, '^([0-9]{1,3}[.]){3}[0-9]{1,3}$|^[0-9a-fA-F.:]*::[0-9a-fA-F.:]*$|^([0-9a-fA-F]{1,4}:){6,7}[0-9a-fA-F.]+$')
    or match(key2, '^([0-9]{1,3}[.]){3}[0-9]{1,3}$|^[0-9a-fA-F.:]*::[0-9a-fA-F.:]*$|^([0-9a-fA-F]{1,4}:){6,7}[0-9a-fA-F.]+$')
    or match(key3, '^([0-9]{1,3}[.]){3}[0-9]{1,3}$|^[0-9a-fA-F.:]*::[0-9a-fA-F.:]*$|^([0-9a-fA-F]{1,4}:){6,7}[0-9a-fA-F.]+$'))
)
engine = MergeTree()
partition by (statistic, period, site) order by (day, alone, seal, measure, key1, key2, key3)
settings index_granularity = 8192
