-- Drops a sum of a period: that before the latest share, or the last one when the period is closed.
alter table sums drop partition id ?
