-- Reads which tables of a statistic and site are forgotten.
select distinct period, grain from forgotten where site = ? and statistic = ? and period between ? and ?
