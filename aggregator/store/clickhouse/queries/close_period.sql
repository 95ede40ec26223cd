-- Closes a period: its sums, in one block.
insert into closed_periods (
  site, statistic, period, measure, key1, key2, key3, value, numerator, denominator
)
