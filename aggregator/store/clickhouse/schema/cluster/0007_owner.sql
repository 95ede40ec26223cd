-- The one ledger whose noise the measurements hold, by its random id, and the number of
-- shards that sites are spread over. The first row counts.
create table if not exists oboro.owner on cluster oboro (
  ledger String, shards UInt32
)
engine = ReplicatedMergeTree('/clickhouse/oboro/{shard}/owner', '{replica}')
order by tuple()
settings index_granularity = 8192
