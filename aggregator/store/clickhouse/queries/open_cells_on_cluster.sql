-- Reads the open cells of one table of a replicated store, for today's figures and for
-- sealing, but for parts that the replica alone believes in. Rows of one cell may not be summed yet.
select
  key1, key2, key3,
  sum(visitors) as visitors_sum,
  sum(reach) as reach_sum,
  sum(views) as views_sum,
  sum(visits) as visits_sum,
  sum(capped_visits) as capped_visits_sum,
  sum(entries) as entries_sum,
  sum(exits) as exits_sum,
  sum(single_views) as single_views_sum,
  sum(hits) as hits_sum,
  sum(engaged_seconds) as engaged_seconds_sum,
  sum(capped_views) as capped_views_sum,
  sum(met) as met_sum,
  sum(arrivals) as arrivals_sum
from open_cells
where statistic = ? and grain = ? and period = ? and site = ? and _part not in ?
group by key1, key2, key3
having visitors_sum <> 0 or reach_sum <> 0 or views_sum <> 0 or visits_sum <> 0 or capped_visits_sum <> 0
  or entries_sum <> 0 or exits_sum <> 0 or single_views_sum <> 0 or hits_sum <> 0 or engaged_seconds_sum <> 0
  or capped_views_sum <> 0 or met_sum <> 0 or arrivals_sum <> 0
