-- Reads the names of the parts that ZooKeeper knows a replica to have, at a path that replica_path tells.
select name from system.zookeeper where path = ?
