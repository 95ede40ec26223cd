-- Notes that a day has given its share to a period. It changes no row where it has before.
insert into shares (statistic, site, period, day) values (?, ?, ?, ?)
on conflict (statistic, site, period, day) do nothing
