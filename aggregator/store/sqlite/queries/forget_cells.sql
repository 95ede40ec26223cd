-- Deletes the sealed cells of a statistic whose retention is over, in all sites.
-- Naming the sites lets the key be used.
delete from packed_cells
where statistic = ?1 and site in (select site from seals) and period < ?2
