-- Drops the shares of a period, which is closed.
alter table shares drop partition id ?
