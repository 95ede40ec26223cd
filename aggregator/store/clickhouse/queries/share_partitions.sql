-- Reads the partition of the shares of a period.
select distinct _partition_id from shares where site = ? and statistic = ? and period = ?
