-- Forgets the batches of a statistic, period and grain that no site keeps open any more.
-- Every site of those batches is sealed then, so none of them can be added again.
delete from batches
where statistic = ?1 and period = ?2 and grain = ?3
  and not exists (select site from open_cells where statistic = ?1 and period = ?2 and grain = ?3)
