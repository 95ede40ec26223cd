-- Adds the increments of one cell. They are signed (+1/-1), so a repeated batch is
-- caught by its id, never by looking at sums.
insert into open_cells (
  statistic, period, grain, site, key1, key2, key3,
  visitors, reach, views, visits, capped_visits,
  entries, exits, single_views, hits, engaged_seconds,
  capped_views, met, arrivals
) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
on conflict (statistic, period, grain, site, key1, key2, key3) do update set
  visitors = visitors + excluded.visitors,
  reach = reach + excluded.reach,
  views = views + excluded.views,
  visits = visits + excluded.visits,
  capped_visits = capped_visits + excluded.capped_visits,
  entries = entries + excluded.entries,
  exits = exits + excluded.exits,
  single_views = single_views + excluded.single_views,
  hits = hits + excluded.hits,
  engaged_seconds = engaged_seconds + excluded.engaged_seconds,
  capped_views = capped_views + excluded.capped_views,
  met = met + excluded.met,
  arrivals = arrivals + excluded.arrivals
