-- Writes a row of the sealed cells of one statistic of a seal.
insert into packed_cells (statistic, site, period, grain, part, packed) values (?, ?, ?, ?, ?, ?)
