-- Open cells and batches say of which grain their period is: a Monday begins a week, too.
-- All that there is from before is of days.

create table open_cells_of_grains (
  -- Sums of all increments, until the grain is sealed.
  statistic       integer not null,
  period          integer not null,
  grain           integer not null check (grain in (0, 1)),
  site            integer not null,
  key1            integer not null,
  key2            integer not null,
  key3            integer not null,
  visitors        integer not null,
  reach           integer not null,
  views           integer not null,
  visits          integer not null,
  capped_visits   integer not null,
  entries         integer not null,
  exits           integer not null,
  single_views    integer not null,
  hits            integer not null,
  engaged_seconds integer not null,
  capped_views    integer not null,
  met             integer not null,
  arrivals        integer not null,
  primary key (statistic, period, grain, site, key1, key2, key3)
) strict, without rowid;

insert into open_cells_of_grains
select statistic, period, 0, site, key1, key2, key3,
  visitors, reach, views, visits, capped_visits, entries, exits, single_views, hits,
  engaged_seconds, capped_views, met, arrivals
from open_cells;

drop table open_cells;

alter table open_cells_of_grains rename to open_cells;

create table batches_of_grains (
  -- The batches that are in open_cells, until no site keeps the period open.
  statistic integer not null,
  period    integer not null,
  grain     integer not null check (grain in (0, 1)),
  id        blob    not null check (length(id) = 16), -- an HMAC under a secret that is not kept
  primary key (statistic, period, grain, id)
) strict, without rowid;

insert into batches_of_grains select statistic, period, 0, id from batches;

drop table batches;

alter table batches_of_grains rename to batches;

pragma user_version = 9;
