-- Seconds engaged: a measure more, which cells from before do not have.

alter table open_cells add column engaged_seconds integer not null default 0;

alter table sealed_cells add column engaged_seconds integer not null default 0;

pragma user_version = 3;
