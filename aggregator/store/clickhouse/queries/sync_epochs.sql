-- Has a replica catch up with all that its shard knows of epochs, before a seal goes by them.
system sync replica epochs
