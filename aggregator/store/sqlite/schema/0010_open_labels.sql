-- The texts of open cells get a table of their own, which needs no second index: a seal of
-- many cells deletes them in a fraction of the time. Those of a table are no other's, so that
-- they go with its cells, and nothing need be compared.

create table open_labels (
  -- The texts of the keys of open cells, as long as the cells of their table are open.
  statistic integer not null,
  period    integer not null,
  grain     integer not null check (grain in (0, 1)),
  site      integer not null,
  text      text    not null check (octet_length(text) <= 256),
  id        integer not null, -- 62 random bits, of which no two are alike; never shown outside the store
  primary key (statistic, period, grain, site, text)
) strict, without rowid;

insert or ignore into open_labels -- several cells have one text
select c.statistic, c.period, c.grain, c.site, l.text, l.id
from open_cells as c
join labels as l on l.scope = 2 * c.statistic and l.id in (c.key1, c.key2, c.key3);

delete from labels where scope > 1 and scope % 2 = 0; -- those of open cells

pragma user_version = 10;
