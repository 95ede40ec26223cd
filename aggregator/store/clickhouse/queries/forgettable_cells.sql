-- Counts the sealed cells of a statistic in the periods before a day.
select count() from sealed_cells where statistic = ? and period < ?
