-- Reads the partitions of parts that somebody has detached by hand, or the server itself because
-- they were broken: they are read no more, and stay on the disk. Releases before 20 may not have it.
select distinct ifNull(partition_id, '') from system.detached_parts where database = currentDatabase() and table = ?
