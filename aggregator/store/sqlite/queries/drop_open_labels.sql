-- Drops the texts of the open cells of a table, which are dropped with them.
delete from open_labels where statistic = ?1 and period = ?2 and grain = ?3 and site = ?4
