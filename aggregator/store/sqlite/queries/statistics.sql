-- Reads the ids of all statistics that the store has ever taken in, those that are
-- not declared any more among them.
select id from labels where scope = ?1
