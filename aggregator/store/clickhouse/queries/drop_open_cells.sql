-- Drops the open cells of one table of a site, which is sealed or lost.
alter table open_cells drop partition id ?
