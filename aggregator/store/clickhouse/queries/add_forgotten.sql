-- Notes the tables whose retention is over, before their cells are deleted.
insert into forgotten (site, statistic, period, grain)
