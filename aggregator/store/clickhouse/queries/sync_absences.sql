-- Has a replica catch up with all that its shard knows of days that are sealed without somebody.
system sync replica absences
