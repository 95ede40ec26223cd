-- How far each collector has written, a row for each day, on the first shard. The latest counts.
create table if not exists oboro.marks (
  collector String, day Int32
)
engine = MergeTree()
order by (collector, day)
settings index_granularity = 8192
