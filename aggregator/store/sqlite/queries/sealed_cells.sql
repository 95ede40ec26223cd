-- Reads the sealed cells of a statistic and site.
select
  c.period, c.grain, c.merged,
  (c.key1 <> 0) + (c.key2 <> 0) + (c.key3 <> 0), one.text, two.text, three.text,
  c.visitors, c.reach, c.views, c.visits, c.capped_visits,
  c.entries, c.exits, c.single_views, c.hits, c.engaged_seconds
from sealed_cells as c
left join labels as one on one.scope = ?1 and one.id = c.key1
left join labels as two on two.scope = ?1 and two.id = c.key2
left join labels as three on three.scope = ?1 and three.id = c.key3
where c.statistic = ?2 and c.site = ?3 and c.period between ?4 and ?5
