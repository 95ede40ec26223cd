-- Writes the sum of a period with one share more.
update periods set packed = ?4 where statistic = ?1 and site = ?2 and period = ?3
