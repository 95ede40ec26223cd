-- Reads the version of the schema.
select max(version) from oboro.migrations
