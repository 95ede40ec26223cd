-- Reads the sums of the periods of a statistic and site that are not closed, those of most days
-- first. A row that came twice stands beside its like.
select period, done, given, day, alone, seal, measure, key1, key2, key3, value, numerator, denominator
from sums
where site = ? and statistic = ? and period between ? and ?
order by period, done desc, alone desc, seal, measure, key1, key2, key3
