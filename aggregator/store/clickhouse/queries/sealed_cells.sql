-- Reads the sealed cells of a statistic and site.
select
  seal, merged, key1, key2, key3,
  visitors, reach, views, visits, capped_visits,
  entries, exits, single_views, hits, engaged_seconds
from sealed_cells
where site = ? and statistic = ? and period between ? and ?
order by period, grain, key1, key2, key3
