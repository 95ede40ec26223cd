-- Moves the write-ahead log into the file and empties it: until then the file and
-- the log still hold what was deleted.
pragma wal_checkpoint(truncate)
