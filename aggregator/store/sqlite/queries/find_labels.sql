-- Finds the ids of those of 20 texts in a scope of the dictionary that have one. A cross
-- join looks up each text; of a list of them SQLite would think it cheaper to read the scope.
with wanted (text) as (
  values
    (?), (?), (?), (?), (?), (?), (?), (?), (?), (?), (?), (?), (?), (?), (?), (?), (?), (?), (?), (?)
)
select label.id, label.text
from wanted
cross join labels as label on label.scope = ? and label.text = wanted.text
