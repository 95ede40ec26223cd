-- Reads the seals of a site, without their tables.
select period, grain, reservation, epochs, imported
from seals
where site = ?1 and period between ?2 and ?3
order by period, grain
