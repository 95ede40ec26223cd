-- The schema after all migrations. Written by go test -run TestSchema -update.

CREATE TABLE "batches" (
  -- The batches that are in open_cells, until no site keeps the period open.
  statistic integer not null,
  period    integer not null,
  grain     integer not null check (grain in (0, 1)),
  id        blob    not null check (length(id) = 16), -- an HMAC under a secret that is not kept
  primary key (statistic, period, grain, id)
) strict, without rowid;

CREATE TABLE epochs (
  -- How many lives the visitor state had on a day, as long as its seals.
  day    integer not null primary key,
  epochs integer not null
) strict, without rowid;

CREATE TABLE labels (
  -- Every text of the store, once for each scope.
  scope integer not null, -- 0: sites; 1: statistics; of statistic n, 2n: keys of open cells, 2n+1: of sealed cells
  id    integer not null, -- random, so that it tells no order; never shown outside the store
  text  text    not null check (octet_length(text) <= 256), -- 2n: until no open cell uses it; else with its cells
  primary key (scope, id),
  unique (scope, text)
) strict, without rowid;

CREATE TABLE measured (
  -- The noisy counts of a statistic in a seal, drawn once, as long as the releases made from them may be made again.
  statistic integer not null,
  site      integer not null,
  period    integer not null,
  grain     integer not null,
  packed    blob    not null check (length(packed) > 30), -- see packed.go
  primary key (statistic, site, period, grain)
) strict, without rowid;

CREATE TABLE "open_cells" (
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

CREATE TABLE open_labels (
  -- The texts of the keys of open cells, as long as the cells of their table are open.
  statistic integer not null,
  period    integer not null,
  grain     integer not null check (grain in (0, 1)),
  site      integer not null,
  text      text    not null check (octet_length(text) <= 256),
  id        integer not null, -- 62 random bits, of which no two are alike; never shown outside the store
  primary key (statistic, period, grain, site, text)
) strict, without rowid;

CREATE TABLE owner (
  one    integer primary key check (one = 1),
  ledger blob    not null check (length(ledger) between 1 and 64) -- its id, which is random; claimed once
) strict, without rowid;

CREATE TABLE packed_cells (
  -- Cells of a statistic in a seal after disclosure control, for the statistic's retention.
  statistic integer not null,
  site      integer not null,
  period    integer not null,
  grain     integer not null,
  part      integer not null, -- 0, 1 and so on: a row holds at most 50,000 cells
  packed    blob    not null check (length(packed) > 17), -- ids of labels and counts, nothing else: see cells.go
  primary key (statistic, site, period, grain, part)
) strict, without rowid;

CREATE TABLE periods (
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

CREATE TABLE sealed_tables (
  -- The statistics of a seal, those without cells among them; as long as the seal.
  statistic integer not null,
  site      integer not null,
  period    integer not null,
  grain     integer not null, forgotten integer not null default 0 check (forgotten in (0, 1) /* 1: its cells are gone; as long as the seal */),
  primary key (statistic, site, period, grain)
) strict, without rowid;

CREATE TABLE seals (
  -- One row for each sealed grain of a site, as long as its sealed cells.
  site        integer not null,
  period      integer not null,
  grain       integer not null check (grain in (0, 1)),
  reservation integer not null, -- the ledger's number, its 64 bits read as a signed number
  epochs      integer not null, -- most states that one visitor-day could have met
  imported    integer not null check (imported in (0, 1)),
  primary key (site, period, grain)
) strict, without rowid;

CREATE TABLE shares (
  -- The days whose share is in the sum of their period, as long as that.
  statistic integer not null,
  site      integer not null,
  period    integer not null,
  day       integer not null,
  primary key (statistic, site, period, day)
) strict, without rowid;
