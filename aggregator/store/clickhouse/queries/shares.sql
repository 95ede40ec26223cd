-- Reads the shares of the periods of a statistic and site that are not closed: those given
-- without a seal, and those of seals that stand; of a day the former first. A row that came
-- twice stands beside its like.
select period, day, alone, seal, measure, key1, key2, key3, value, numerator, denominator
from shares
where site = ? and statistic = ? and period between ? and ?
order by period, day, alone desc, seal, measure, key1, key2, key3
