-- Writes down whose store this is, where nobody has.
insert into owner (one, ledger) values (1, ?) on conflict (one) do nothing
