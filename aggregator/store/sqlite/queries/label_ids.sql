-- Reads the ids of a scope of the dictionary.
select id from labels where scope = ?
