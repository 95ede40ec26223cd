-- Reads the names of the parts of a table that a server counts.
select name from system.parts where database = currentDatabase() and table = ? and active
