-- Notes that a batch is in. It changes no row where the batch was in already;
-- its cells are added in the same transaction or not at all.
insert into batches (statistic, period, grain, id) values (?, ?, ?, ?)
on conflict (statistic, period, grain, id) do nothing
