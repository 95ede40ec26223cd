-- Reads the seals of a site, and whether each has a table of the statistic.
select period, grain, reservation, epochs, imported, has(statistics, ?), seal
from seals
where site = ? and period between ? and ?
order by period, grain, reservation, seal
