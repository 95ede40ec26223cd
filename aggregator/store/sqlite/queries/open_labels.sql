-- Reads the texts of the open cells of one table, in their order.
select id, text
from open_labels
where statistic = ?1 and period = ?2 and grain = ?3 and site = ?4
order by text
