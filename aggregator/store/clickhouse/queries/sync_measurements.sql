-- Has a replica catch up with the measurements of its shard, before it is published.
system sync replica measurements
