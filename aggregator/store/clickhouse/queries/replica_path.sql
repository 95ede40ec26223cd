-- Reads where ZooKeeper keeps what it knows of this replica of a table.
select replica_path from system.replicas where database = currentDatabase() and table = ?
