-- Tells whether another connection has written since: then the ids known in
-- memory may be of labels that are gone.
select data_version from pragma_data_version
