-- Reads periods with their sums.
select p.period, p.days, p.closed, p.domain, p.packed,
  (select count(s.day) from shares as s where s.statistic = p.statistic and s.site = p.site and s.period = p.period)
from periods as p
where p.statistic = ?1 and p.site = ?2 and p.period between ?3 and ?4
order by p.period
