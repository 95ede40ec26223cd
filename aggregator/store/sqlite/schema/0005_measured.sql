-- Measurements are packed: one row for each statistic of a seal, since a row costs far more
-- than the few bytes of a noisy count. Their keys have a scope of their own, so that none of
-- them is let go with the sealed cells that used it.

create table measured (
  -- The noisy counts of a statistic in a seal, drawn once, as long as the releases made from them may be made again.
  statistic integer not null,
  site      integer not null,
  period    integer not null,
  grain     integer not null,
  packed    blob    not null check (length(packed) > 30), -- see packed.go
  primary key (statistic, site, period, grain)
) strict, without rowid;

insert into labels (scope, id, text)
select -used.statistic, label.id, label.text
from (
  select statistic, key1 as id from measurements
  union select statistic, key2 from measurements
  union select statistic, key3 from measurements
) as used
join labels as label on label.scope = 2 * used.statistic + 1 and label.id = used.id;

insert into measured (statistic, site, period, grain, packed)
select statistic, site, period, grain, unhex('01' || group_concat(part, ''))
from (
  select statistic, site, period, grain,
    printf('%02x%016x%016x%02x%08x', measure, numerator, denominator, keys, count(*)) || group_concat(value, '') as part
  from (
    select statistic, site, period, grain, measure, numerator, denominator,
      (key1 <> 0) + (key2 <> 0) + (key3 <> 0) as keys,
      iif(key1 <> 0, printf('%08x', key1), '') || iif(key2 <> 0, printf('%08x', key2), '')
        || iif(key3 <> 0, printf('%08x', key3), '') || printf('%016x', value) as value
    from measurements
  )
  group by statistic, site, period, grain, measure, numerator, denominator, keys
)
group by statistic, site, period, grain;

drop table measurements;

pragma user_version = 5;
