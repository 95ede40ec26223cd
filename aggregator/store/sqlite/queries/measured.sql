-- Reads the measurements of a statistic and site.
select period, grain, packed
from measured
where statistic = ?1 and site = ?2 and period between ?3 and ?4
