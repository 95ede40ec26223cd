-- Figures that are summed over a week or a month: no day of them stands here by itself.

create table periods (
  -- One row for each period of a site's statistic, as long as the releases made from it may be made again.
  statistic integer not null,
  site      integer not null,
  period    integer not null,
  days      integer not null check (days > 0),
  closed    integer not null default 0 check (closed in (0, 1)), -- 1: no day gives a share any more
  domain    blob    not null check (length(domain) > 30), -- its keys, packed as measurements of nothing: see packed.go
  packed    blob    not null default x'', -- the sum of all shares, packed likewise; empty before the first
  primary key (statistic, site, period)
) strict, without rowid;

create table shares (
  -- The days whose share is in the sum of their period, as long as that.
  statistic integer not null,
  site      integer not null,
  period    integer not null,
  day       integer not null,
  primary key (statistic, site, period, day)
) strict, without rowid;

pragma user_version = 8;
