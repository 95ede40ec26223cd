-- Reads whose file this is, the version of its schema, and how many objects it has:
-- a new file has none.
select a.application_id, v.user_version, (select count(name) from sqlite_schema)
from pragma_application_id as a, pragma_user_version as v
