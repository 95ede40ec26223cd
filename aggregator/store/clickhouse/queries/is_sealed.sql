-- Counts the sites among those given of which a statistic's table of a period is sealed.
select count() from seals where site in ? and period = ? and has(statistics, ?)
