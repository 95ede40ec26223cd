-- Adds one batch of increments: one block of at most 100 sites, and so one part a site.
-- They are signed (+1/-1); a block that is sent again is known by its nonce.
insert into open_cells (
  site, statistic, grain, period, key1, key2, key3,
  visitors, reach, views, visits, capped_visits,
  entries, exits, single_views, hits, engaged_seconds,
  capped_views, met, arrivals, nonce
)
