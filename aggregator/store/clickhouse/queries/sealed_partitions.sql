-- Reads which tables of a site are sealed.
select grain, period, statistics from seals where site = ? and period between ? and ?
