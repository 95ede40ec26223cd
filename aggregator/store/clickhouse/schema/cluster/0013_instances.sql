-- The processes that take or took hits as a collector, a row for each start, for good, on the first
-- shard. number counts them, nonce is random. The greatest one counts, and the others have ended, or
-- take no more hits.
create table if not exists oboro.instances on cluster oboro (
  collector String, number UInt64, nonce FixedString(16)
)
engine = ReplicatedMergeTree('/clickhouse/oboro/{shard}/instances', '{replica}')
order by (collector, number, nonce)
settings index_granularity = 8192
