-- Sealed cells are packed, as measurements are: they are always read whole. Their keys keep
-- their scope and ids. A row of before is packed with all columns 8 bytes wide.

create table packed_cells (
  -- Cells of a statistic in a seal after disclosure control, for the statistic's retention.
  statistic integer not null,
  site      integer not null,
  period    integer not null,
  grain     integer not null,
  part      integer not null, -- 0, 1 and so on: a row holds at most 50,000 cells
  packed    blob    not null check (length(packed) > 17), -- ids of labels and counts, nothing else: see cells.go
  primary key (statistic, site, period, grain, part)
) strict, without rowid;

insert into packed_cells (statistic, site, period, grain, part, packed)
select statistic, site, period, grain, part, unhex(printf('01%02x', count(*)) || group_concat(cells, '' order by keys))
from (
  select statistic, site, period, grain, part, keys,
    printf('%02x0808080808080808080808%08x', keys, count(*)) || group_concat(cell, '') as cells
  from (
    select statistic, site, period, grain,
      (row_number() over (partition by statistic, site, period, grain) - 1) / 50000 as part,
      (key1 <> 0) + (key2 <> 0) + (key3 <> 0) as keys,
      iif(key1 <> 0, printf('%08x', key1), '') || iif(key2 <> 0, printf('%08x', key2), '')
        || iif(key3 <> 0, printf('%08x', key3), '')
        || printf('%016x%016x%016x%016x%016x%016x', merged, visitors, reach, views, visits, capped_visits)
        || printf('%016x%016x%016x%016x%016x', entries, exits, single_views, hits, engaged_seconds) as cell
    from sealed_cells
  )
  group by statistic, site, period, grain, part, keys
)
group by statistic, site, period, grain, part;

drop table sealed_cells;

pragma user_version = 6;
