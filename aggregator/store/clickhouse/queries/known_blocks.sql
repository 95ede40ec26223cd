-- Reads how many blocks a shard still knows, and since when.
select count(), toUnixTimestamp(min(ctime)), toUnixTimestamp(max(ctime)) from system.zookeeper where path = ?
