-- Drops the texts that no open cell of the statistic (?2) uses any more, once the
-- cells that used them are dropped and others stay.
delete from labels
where scope = ?1
  and id not in (
    select key1 from open_cells where statistic = ?2
    union select key2 from open_cells where statistic = ?2
    union select key3 from open_cells where statistic = ?2
  )
