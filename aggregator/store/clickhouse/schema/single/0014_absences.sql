-- The collectors without which days were sealed, for good, on the first shard: a row for each, or
-- one with '' where all had written.
create table if not exists oboro.absences (
  day Int32, collector String
)
engine = MergeTree()
order by (day, collector)
settings index_granularity = 8192
