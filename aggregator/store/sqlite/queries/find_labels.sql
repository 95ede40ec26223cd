-- Finds the ids of texts in a scope of the dictionary. Without the name of the index
-- (that of the texts of a scope) all labels of the scope are gone through.
select id, text
from labels indexed by sqlite_autoindex_labels_2
where scope = ? and text in (?)
