-- Notes that a statistic belongs to a seal, also where it has no cells.
insert into sealed_tables (statistic, site, period, grain) values (?, ?, ?, ?)
