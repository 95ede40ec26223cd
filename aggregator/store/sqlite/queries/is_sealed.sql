-- Tells whether a statistic's table of a site, period and grain is sealed, and so takes
-- no more batches.
select exists (
  select statistic from sealed_tables where statistic = ?1 and site = ?2 and period = ?3 and grain = ?4
)
