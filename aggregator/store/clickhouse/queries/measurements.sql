-- Reads the measurements of a statistic and site.
select seal, measure, key1, key2, key3, value, numerator, denominator
from measurements
where site = ? and statistic = ? and period between ? and ?
order by period, grain, measure, key1, key2, key3
