-- Reads the settings on which promises rest, to see that they were taken.
select j.journal_mode, s.synchronous, d.secure_delete, t.temp_store, a.auto_vacuum
from pragma_journal_mode as j, pragma_synchronous as s, pragma_secure_delete as d,
  pragma_temp_store as t, pragma_auto_vacuum as a
