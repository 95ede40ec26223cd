-- Writes the sum of a period with one share more, in one block.
insert into sums (
  site, statistic, period, done, given, day, alone, measure, key1, key2, key3, value, numerator, denominator, seal
)
