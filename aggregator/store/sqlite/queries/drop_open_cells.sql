-- Drops the open cells of a table that is being sealed.
delete from open_cells where statistic = ?1 and period = ?2 and grain = ?3 and site = ?4
