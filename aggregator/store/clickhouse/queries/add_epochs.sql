-- Counts one more life of the visitor state on a day.
insert into epochs (day, nonce)
