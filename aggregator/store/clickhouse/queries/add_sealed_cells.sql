-- Writes the cells of one seal.
insert into sealed_cells (
  site, statistic, period, grain, key1, key2, key3, merged,
  visitors, reach, views, visits, capped_visits,
  entries, exits, single_views, hits, engaged_seconds, seal
)
