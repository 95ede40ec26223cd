-- Notes that a grain of a site is sealed. It changes no row where it was already.
insert into seals (site, period, grain, reservation, epochs, imported)
values (?1, ?2, ?3, ?4, ?5, ?6)
on conflict (site, period, grain) do nothing
