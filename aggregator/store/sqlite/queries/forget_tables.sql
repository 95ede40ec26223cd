-- Marks the tables of a statistic whose retention is over, in all sites. It changes
-- no row of a table that was forgotten before. Naming the sites lets the key be used.
update sealed_tables set forgotten = 1
where statistic = ?1 and site in (select site from seals) and period < ?2 and forgotten = 0
