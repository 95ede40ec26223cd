-- Tells whether the schema was ever made.
select count() from system.tables where database = ? and name = 'migrations'
