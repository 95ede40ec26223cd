-- Reads the texts of a scope of the dictionary.
select id, text from labels where scope = ?
