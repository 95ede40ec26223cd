-- Increments of cells whose grain has not ended. A partition is one table (statistic, grain,
-- period, site) and is dropped when that is sealed. grain is 0 for a day and 1 for a week, period
-- a day counted from 1970-01-01, of a week its first. key1 to key3 stand in the order of the statistic's dimensions; '' is no
-- key. nonce is the batch's id. no_address refuses a key that reads as an address.
-- Rows of one cell are summed; a block that comes twice within the window is ignored.
create table if not exists oboro.open_cells on cluster oboro (
  site String, statistic String, grain UInt8, period Int32,
  key1 String, key2 String, key3 String,
  visitors Int64, reach Int64, views Int64, visits Int64, capped_visits Int64,
  entries Int64, exits Int64, single_views Int64, hits Int64, engaged_seconds Int64,
  capped_views Int64, met Int64, arrivals Int64,
  nonce FixedString(16),
  no_address UInt8 materialized throwIf(match(key1, '^([0-9]{1,3}[.]){3}[0-9]{1,3}$|^[0-9a-fA-F.:]*::[0-9a-fA-F.:]*$|^([0-9a-fA-F]{1,4}:){6,7}[0-9a-fA-F.]+$')
    or match(key2, '^([0-9]{1,3}[.]){3}[0-9]{1,3}$|^[0-9a-fA-F.:]*::[0-9a-fA-F.:]*$|^([0-9a-fA-F]{1,4}:){6,7}[0-9a-fA-F.]+$')
    or match(key3, '^([0-9]{1,3}[.]){3}[0-9]{1,3}$|^[0-9a-fA-F.:]*::[0-9a-fA-F.:]*$|^([0-9a-fA-F]{1,4}:){6,7}[0-9a-fA-F.]+$'))
)
engine = ReplicatedSummingMergeTree('/clickhouse/oboro/{shard}/open_cells', '{replica}',
  (visitors, reach, views, visits, capped_visits,
   entries, exits, single_views, hits, engaged_seconds, capped_views, met, arrivals))
partition by (statistic, grain, period, site) order by (key1, key2, key3)
settings index_granularity = 8192, replicated_deduplication_window = 200000, replicated_deduplication_window_seconds = 1209600
