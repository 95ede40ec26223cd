-- Has a replica catch up with all that its shard knows of closed periods, before it is asked what to write.
system sync replica closed_periods
