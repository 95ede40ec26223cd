-- Reads how many blocks a shard still knows, and since when.
select count(), toUnixTimestamp(min(ctime)) from system.zookeeper where path = ?
