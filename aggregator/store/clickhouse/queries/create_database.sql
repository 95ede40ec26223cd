-- Makes the database, where there is none.
create database if not exists oboro
