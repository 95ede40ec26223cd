-- Reads the partitions of a statistic's sealed cells in the periods before a day.
select distinct _partition_id from sealed_cells where statistic = ? and period < ?
