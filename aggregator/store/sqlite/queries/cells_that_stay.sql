-- Reads the sealed cells of a statistic in all sites, to see which labels they use.
select packed from packed_cells where statistic = ?
