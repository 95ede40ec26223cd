-- Writes one cell of a seal.
insert into sealed_cells (
  statistic, site, period, grain, key1, key2, key3, merged,
  visitors, reach, views, visits, capped_visits,
  entries, exits, single_views, hits, engaged_seconds
) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)
