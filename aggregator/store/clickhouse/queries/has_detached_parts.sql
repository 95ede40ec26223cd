-- Tells whether a server knows of detached parts.
select count() from system.tables where database = 'system' and name = 'detached_parts'
