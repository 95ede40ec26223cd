-- Drops the sealed cells of a statistic and period, of all sites: its retention is over.
alter table sealed_cells drop partition id ?
