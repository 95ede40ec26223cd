-- Reads where a replicated store keeps what it knows of open cells.
select zookeeper_path from system.replicas where database = currentDatabase() and table = ?
