-- Has a replica catch up with the sealed cells of its shard, before it is published.
system sync replica sealed_cells
