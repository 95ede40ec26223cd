-- Reads a period to which a share is added.
select days, domain, packed from periods where statistic = ? and site = ? and period = ?
