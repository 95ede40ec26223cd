-- Reads the keys of the periods of a statistic and site. A row that came twice stands beside
-- its like.
select period, days, seal, key1, key2, key3
from periods
where site = ? and statistic = ? and period between ? and ?
order by period, seal, key1, key2, key3
