-- Reads the tables of a statistic in the periods before a day that are not noted as forgotten.
select distinct site, period, grain from seals
where has(statistics, ?) and period < ?
  and (site, period, grain) not in (select site, period, grain from forgotten where statistic = ?)
