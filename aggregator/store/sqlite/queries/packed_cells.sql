-- Reads the sealed cells of a statistic and site.
select period, grain, part, packed
from packed_cells
where statistic = ?1 and site = ?2 and period between ?3 and ?4
order by period, grain, part
