-- Deletes the texts that no sealed cell of the statistic (?2) uses any more, once cells
-- that used them are deleted. Those of measurements have a scope of their own.
delete from labels
where scope = ?1
  and id not in (
    select key1 from sealed_cells where statistic = ?2
    union select key2 from sealed_cells where statistic = ?2
    union select key3 from sealed_cells where statistic = ?2
  )
