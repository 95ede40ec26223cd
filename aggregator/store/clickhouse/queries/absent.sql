-- Reads the collectors without which the newest day was sealed.
select distinct collector from absences
where day = (select max(day) from absences) and collector <> ''
order by collector
