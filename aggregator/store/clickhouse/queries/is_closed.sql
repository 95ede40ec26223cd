-- Counts the collectors without which a day is sealed.
select count() from absences where day = ? and collector <> ''
