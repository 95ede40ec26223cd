-- Reads the open cells of one table, for today's figures and for sealing. The
-- number of keys comes with them, so that a missing label is noticed. A key that is none
-- is null, for which nothing is looked up.
select
  (c.key1 <> 0) + (c.key2 <> 0) + (c.key3 <> 0), one.text, two.text, three.text,
  c.visitors, c.reach, c.views, c.visits, c.capped_visits,
  c.entries, c.exits, c.single_views, c.hits, c.engaged_seconds,
  c.capped_views, c.met, c.arrivals
from open_cells as c
left join labels as one on one.scope = ?1 and one.id = nullif(c.key1, 0)
left join labels as two on two.scope = ?1 and two.id = nullif(c.key2, 0)
left join labels as three on three.scope = ?1 and three.id = nullif(c.key3, 0)
where c.statistic = ?2 and c.period = ?3 and c.grain = ?4 and c.site = ?5
  and (c.visitors <> 0 or c.reach <> 0 or c.views <> 0 or c.visits <> 0 or c.capped_visits <> 0
    or c.entries <> 0 or c.exits <> 0 or c.single_views <> 0 or c.hits <> 0
    or c.engaged_seconds <> 0 or c.capped_views <> 0 or c.met <> 0 or c.arrivals <> 0)
