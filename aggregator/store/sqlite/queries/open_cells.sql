-- Reads the open cells of one table, for today's figures and for sealing. A key that is
-- none is 0; the texts of the others are read by open_labels.
select
  key1, key2, key3,
  visitors, reach, views, visits, capped_visits,
  entries, exits, single_views, hits, engaged_seconds,
  capped_views, met, arrivals
from open_cells
where statistic = ?1 and period = ?2 and grain = ?3 and site = ?4
