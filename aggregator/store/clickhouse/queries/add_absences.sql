-- Says which collectors a day is sealed without, or that there is none.
insert into absences (day, collector)
