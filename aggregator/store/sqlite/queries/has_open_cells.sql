-- Tells whether a statistic has open cells.
select exists (select site from open_cells where statistic = ?)
