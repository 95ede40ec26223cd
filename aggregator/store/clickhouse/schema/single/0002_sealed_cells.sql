-- Cells after disclosure control. A partition is a statistic's of one period, of all sites,
-- and is dropped when its retention is over. merged says how many
-- cells a folded one stands for. seal names the row of seals that they belong to; cells
-- of no row are those of a seal that was cut short, and do not count.
create table if not exists oboro.sealed_cells (
  site String, statistic String, period Int32, grain UInt8,
  key1 String, key2 String, key3 String,
  merged Int64,
  visitors Int64, reach Int64, views Int64, visits Int64, capped_visits Int64,
  entries Int64, exits Int64, single_views Int64, hits Int64, engaged_seconds Int64,
  seal FixedString(16),
  no_address UInt8 materialized throwIf(match(key1, '^([0-9]{1,3}[.]){3}[0-9]{1,3}$|^[0-9a-fA-F.:]*::[0-9a-fA-F.:]*$|^([0-9a-fA-F]{1,4}:){6,7}[0-9a-fA-F.]+$')
    or match(key2, '^([0-9]{1,3}[.]){3}[0-9]{1,3}$|^[0-9a-fA-F.:]*::[0-9a-fA-F.:]*$|^([0-9a-fA-F]{1,4}:){6,7}[0-9a-fA-F.]+$')
    or match(key3, '^([0-9]{1,3}[.]){3}[0-9]{1,3}$|^[0-9a-fA-F.:]*::[0-9a-fA-F.:]*$|^([0-9a-fA-F]{1,4}:){6,7}[0-9a-fA-F.]+$'))
)
engine = MergeTree()
partition by (statistic, period) order by (site, grain, key1, key2, key3)
settings index_granularity = 512
