-- Reads the parts of a table that a server holds, also those that it has let go of and not
-- deleted yet.
select partition_id, active from system.parts where database = currentDatabase() and table = ?
