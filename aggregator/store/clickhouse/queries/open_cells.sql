-- Reads the open cells of one table of a single server, for today's figures and for
-- sealing. A row of a batch that came twice counts once.
select
  key1, key2, key3,
  sum(visitors_once) as visitors_sum,
  sum(reach_once) as reach_sum,
  sum(views_once) as views_sum,
  sum(visits_once) as visits_sum,
  sum(capped_visits_once) as capped_visits_sum,
  sum(entries_once) as entries_sum,
  sum(exits_once) as exits_sum,
  sum(single_views_once) as single_views_sum,
  sum(hits_once) as hits_sum,
  sum(engaged_seconds_once) as engaged_seconds_sum,
  sum(capped_views_once) as capped_views_sum,
  sum(met_once) as met_sum,
  sum(arrivals_once) as arrivals_sum
from (
  select
    key1, key2, key3,
    any(visitors) as visitors_once,
    any(reach) as reach_once,
    any(views) as views_once,
    any(visits) as visits_once,
    any(capped_visits) as capped_visits_once,
    any(entries) as entries_once,
    any(exits) as exits_once,
    any(single_views) as single_views_once,
    any(hits) as hits_once,
    any(engaged_seconds) as engaged_seconds_once,
    any(capped_views) as capped_views_once,
    any(met) as met_once,
    any(arrivals) as arrivals_once
  from open_cells
  where statistic = ? and grain = ? and period = ? and site = ?
  group by key1, key2, key3, nonce
)
group by key1, key2, key3
having visitors_sum <> 0 or reach_sum <> 0 or views_sum <> 0 or visits_sum <> 0 or capped_visits_sum <> 0
  or entries_sum <> 0 or exits_sum <> 0 or single_views_sum <> 0 or hits_sum <> 0 or engaged_seconds_sum <> 0
  or capped_views_sum <> 0 or met_sum <> 0 or arrivals_sum <> 0
