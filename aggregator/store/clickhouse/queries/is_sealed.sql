-- Counts the sites among those given of which a statistic's table of a day or week is sealed.
select count() from seals where site in ? and grain = ? and period = ? and has(statistics, ?)
