-- Reads the partitions in which a site has open cells.
select distinct _partition_id, statistic, grain, period from open_cells where site = ?
