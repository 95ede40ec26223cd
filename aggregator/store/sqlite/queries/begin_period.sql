-- Begins a period. It changes no row where it has begun.
insert into periods (statistic, site, period, days, domain) values (?, ?, ?, ?, ?)
on conflict (statistic, site, period) do nothing
