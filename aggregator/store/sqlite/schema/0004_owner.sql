-- The one ledger whose noise the measurements hold: beside another, a second draw
-- could not be told from a first.

create table owner (
  one    integer primary key check (one = 1),
  ledger blob    not null check (length(ledger) between 1 and 64) -- its id, which is random; claimed once
) strict, without rowid;

pragma user_version = 4;
