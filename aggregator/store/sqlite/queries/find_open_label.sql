-- Finds the id of a text of the open cells of one table.
select id from open_labels where statistic = ? and period = ? and grain = ? and site = ? and text = ?
