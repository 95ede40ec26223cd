-- Finds the id of a text in a scope of the dictionary.
select id from labels where scope = ?1 and text = ?2
