-- Has a replica catch up with all that its shard has acknowledged, before a seal.
system sync replica open_cells
