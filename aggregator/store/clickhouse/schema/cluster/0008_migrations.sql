-- The versions that the schema has had.
create table if not exists oboro.migrations on cluster oboro (
  version UInt32
)
engine = ReplicatedMergeTree('/clickhouse/oboro/{shard}/migrations', '{replica}')
order by (version)
settings index_granularity = 8192
