-- Reads how far each collector has written.
select collector, max(day) from marks group by collector
