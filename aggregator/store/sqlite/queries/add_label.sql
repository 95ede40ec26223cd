-- Gives a text an id. Where the (random) id is taken, nothing happens, and the
-- caller draws another.
insert into labels (scope, id, text) values (?, ?, ?)
on conflict (scope, id) do nothing
