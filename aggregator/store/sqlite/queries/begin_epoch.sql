-- Counts one more life of the visitor state on a day, and returns how many it had.
insert into epochs (day, epochs) values (?1, 1)
on conflict (day) do update set epochs = epochs + 1
returning epochs
