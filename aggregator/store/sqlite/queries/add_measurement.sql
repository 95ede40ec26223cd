-- Writes one measurement of a seal.
insert into measurements (
  statistic, site, period, grain, measure, key1, key2, key3, value, numerator, denominator
) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
