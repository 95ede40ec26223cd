-- One row for each life of the visitor state on a day, as long as its seals. nonce is
-- random, so that a row that came twice is read once; of the collectors that go on from the
-- day before it is zero, and they are one.
create table if not exists oboro.epochs (
  day Int32, nonce FixedString(16)
)
engine = MergeTree()
order by (day, nonce)
settings index_granularity = 8192
