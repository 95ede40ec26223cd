-- Reads in which seals of a site a statistic has a table.
select period, grain
from sealed_tables
where statistic = ?1 and site = ?2 and period between ?3 and ?4
