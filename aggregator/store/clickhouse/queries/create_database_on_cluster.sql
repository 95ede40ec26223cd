-- Makes the database on all servers of the cluster, where there is none.
create database if not exists oboro on cluster oboro
