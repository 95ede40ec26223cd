-- Reads how many lives the visitor state had on each day.
select day, epochs from epochs where day between ?1 and ?2
