-- The versions that the schema has had.
create table if not exists oboro.migrations (
  version UInt32
)
engine = MergeTree()
order by (version)
settings index_granularity = 8192
