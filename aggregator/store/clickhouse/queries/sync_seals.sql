-- Has a replica catch up with all that its shard knows of seals, before it is asked what to write.
system sync replica seals
