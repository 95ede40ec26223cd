-- Drops all texts of the open cells of a statistic that has no open cell any more.
delete from labels where scope = ?
