-- Reads the sums of the periods of a statistic and site that are closed. A row that came
-- twice stands beside its like.
select period, measure, key1, key2, key3, value, numerator, denominator
from closed_periods
where site = ? and statistic = ? and period between ? and ?
order by period, measure, key1, key2, key3
