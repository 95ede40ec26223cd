-- Writes one cell of a seal.
insert into sealed_cells (
  statistic, site, period, grain, key1, key2, key3, merged,
  visitors, reach, views, visits, capped_visits,
  entries, exits, single_views, hits, engaged_seconds
) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
