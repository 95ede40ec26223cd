-- Reads the ids of all statistics that were ever sealed, those that are not declared any
-- more among them.
select distinct arrayJoin(statistics) from seals
