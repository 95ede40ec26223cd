-- The least rights of each role, for releases of ClickHouse that know users by SQL (2020 and later). Run it once, as an
-- administrator, after the first start of oboro has made the tables (or before, with the rights to make them, below).
-- Not tried on such a server; the tests run on 18.16, which has none of these statements.

-- Who writes counts and seals: "oboro serve", and "oboro aggregate". The password is set by the administrator.
create user if not exists oboro on cluster oboro identified with sha256_password by 'change this' settings log_queries = 0;
grant on cluster oboro select, insert on oboro.* to oboro;
grant on cluster oboro alter delete on oboro.open_cells to oboro;
grant on cluster oboro alter delete on oboro.sealed_cells to oboro;
grant on cluster oboro alter delete on oboro.sums to oboro;
grant on cluster oboro system sync replica on oboro.open_cells to oboro;
grant on cluster oboro system sync replica on oboro.epochs to oboro;
grant on cluster oboro system sync replica on oboro.forgotten to oboro;
grant on cluster oboro system sync replica on oboro.measurements to oboro;
grant on cluster oboro system sync replica on oboro.sealed_cells to oboro;
grant on cluster oboro system sync replica on oboro.seals to oboro;
grant on cluster oboro system sync replica on oboro.periods to oboro;
grant on cluster oboro system sync replica on oboro.sums to oboro;
grant on cluster oboro system sync replica on oboro.closed_periods to oboro;
grant on cluster oboro system sync replica on oboro.absences to oboro;
-- It asks which servers there are, and whether what was dropped has left their disks.
grant on cluster oboro select on system.clusters to oboro;
grant on cluster oboro select on system.parts to oboro;
grant on cluster oboro select on system.detached_parts to oboro;
grant on cluster oboro select on system.replicas to oboro;
grant on cluster oboro select on system.tables to oboro;
grant on cluster oboro select on system.zookeeper to oboro;

-- Who writes counts alone: "oboro collect". It reads neither open nor sealed cells.
create user if not exists oboro_collect on cluster oboro identified with sha256_password by 'change this too' settings log_queries = 0;
grant on cluster oboro insert on oboro.open_cells to oboro_collect;
grant on cluster oboro select, insert on oboro.epochs to oboro_collect;
grant on cluster oboro select, insert on oboro.marks to oboro_collect;
grant on cluster oboro select, insert on oboro.instances to oboro_collect;
grant on cluster oboro select on oboro.absences to oboro_collect;
grant on cluster oboro select on oboro.seals to oboro_collect;
grant on cluster oboro select on oboro.migrations to oboro_collect;
grant on cluster oboro select on system.clusters to oboro_collect;
grant on cluster oboro select on system.replicas to oboro_collect;
grant on cluster oboro select on system.tables to oboro_collect;
grant on cluster oboro select on system.zookeeper to oboro_collect;

-- To make the tables, and to bring them forward with a new version; may be taken away in between.
grant on cluster oboro create database, create table on oboro.* to oboro;
grant on cluster oboro cluster on *.* to oboro;

-- Nobody else needs to read oboro.*: open cells tell more than the team may see.
