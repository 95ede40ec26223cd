-- Notes that the schema is at a version.
insert into oboro.migrations (version)
