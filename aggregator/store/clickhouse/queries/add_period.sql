-- Begins a period: its keys, in one block.
insert into periods (site, statistic, period, days, key1, key2, key3, seal)
