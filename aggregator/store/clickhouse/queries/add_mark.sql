-- Says that a collector has written all that it counted up to a day.
insert into marks (collector, day)
