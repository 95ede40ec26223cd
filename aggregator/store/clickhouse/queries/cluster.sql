-- Reads the shards of a cluster and their replicas.
select shard_num, host_name, port from system.clusters where cluster = ? order by shard_num, replica_num
