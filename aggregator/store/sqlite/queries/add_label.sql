-- Gives a text an id. Where the (random) id is taken, nothing happens, and the
-- caller draws another.
insert into labels (scope, id, text) values (?1, ?2, ?3)
on conflict (scope, id) do nothing
