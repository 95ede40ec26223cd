-- Finds the id of a text in a scope of the dictionary.
select id from labels where scope = ? and text = ?
