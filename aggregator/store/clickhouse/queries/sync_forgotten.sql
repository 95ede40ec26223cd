-- Has a replica catch up with what its shard has forgotten, before it is published.
system sync replica forgotten
