-- Reads the partitions of the sums of a period.
select distinct _partition_id, done from sums where site = ? and statistic = ? and period = ?
