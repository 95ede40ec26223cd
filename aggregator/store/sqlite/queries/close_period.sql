-- Closes a period, each of whose days has given its share. It changes no row of others.
update periods set closed = 1
where statistic = ?1 and site = ?2 and period = ?3
  and days = (select count(day) from shares where statistic = ?1 and site = ?2 and period = ?3)
