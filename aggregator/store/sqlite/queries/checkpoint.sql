-- Moves the write-ahead log into the file and empties it: until then the file and
-- the log still hold what a seal has deleted.
pragma wal_checkpoint(truncate)
