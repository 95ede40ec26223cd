-- Writes the measurements of one seal.
insert into measurements (
  site, statistic, period, grain, measure, key1, key2, key3, value, numerator, denominator, seal
)
