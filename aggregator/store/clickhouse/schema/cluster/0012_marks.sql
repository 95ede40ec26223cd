-- How far each collector has written, a row for each day, on the first shard. The latest counts.
create table if not exists oboro.marks on cluster oboro (
  collector String, day Int32
)
engine = ReplicatedMergeTree('/clickhouse/oboro/{shard}/marks', '{replica}')
order by (collector, day)
settings index_granularity = 8192
