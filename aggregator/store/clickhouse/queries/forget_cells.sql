-- Deletes the sealed cells of a statistic whose retention is over, in all sites.
alter table sealed_cells delete where statistic = ? and period < ?
