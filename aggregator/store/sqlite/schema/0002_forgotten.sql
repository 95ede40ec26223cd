-- Retention: a table whose time is over loses its cells; its seal, and this row, stay.

alter table sealed_tables add column
  forgotten integer not null default 0 check (forgotten in (0, 1) /* 1: its cells are gone; as long as the seal */);

pragma user_version = 2;
