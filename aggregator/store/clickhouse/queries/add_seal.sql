-- Notes that a grain of a site is sealed, once all that belongs to it is written.
insert into seals (site, period, grain, reservation, epochs, imported, statistics, seal)
