-- Reads the measurements of a statistic and site.
select
  c.period, c.grain, c.measure, c.value, c.numerator, c.denominator,
  (c.key1 <> 0) + (c.key2 <> 0) + (c.key3 <> 0), one.text, two.text, three.text
from measurements as c
left join labels as one on one.scope = ?1 and one.id = c.key1
left join labels as two on two.scope = ?1 and two.id = c.key2
left join labels as three on three.scope = ?1 and three.id = c.key3
where c.statistic = ?2 and c.site = ?3 and c.period between ?4 and ?5
