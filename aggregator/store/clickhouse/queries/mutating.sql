-- Counts the deletions in a table that are still under way.
select count() from system.mutations where database = currentDatabase() and table = ? and not is_done
