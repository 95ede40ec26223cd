-- Writes the measurements of one statistic of a seal.
insert into measured (statistic, site, period, grain, packed) values (?, ?, ?, ?, ?)
