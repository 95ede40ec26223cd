-- Writes one measurement of a seal.
insert into measurements (
  statistic, site, period, grain, measure, key1, key2, key3, value, numerator, denominator
) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
