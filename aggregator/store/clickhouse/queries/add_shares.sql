-- Writes the share of a day, in one block.
insert into shares (
  site, statistic, period, day, alone, measure, key1, key2, key3, value, numerator, denominator, seal
)
