-- Has a server on its own delete what it let go of: it does after dropping a partition, also
-- one that is not there. Without this it does when it next comes to merge.
alter table sealed_cells drop partition id ?
