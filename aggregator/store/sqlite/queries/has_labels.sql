-- Tells whether a scope of the dictionary has a text.
select exists (select id from labels where scope = ?)
