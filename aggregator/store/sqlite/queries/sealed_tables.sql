-- Reads in which seals of a site a statistic has a table, and which are forgotten.
select period, grain, forgotten
from sealed_tables
where statistic = ?1 and site = ?2 and period between ?3 and ?4
