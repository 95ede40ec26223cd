-- Capped views, days met and arrivals: three measures more, which cells from before do
-- not have. What is sealed has no use for them.

alter table open_cells add column capped_views integer not null default 0;

alter table open_cells add column met integer not null default 0;

alter table open_cells add column arrivals integer not null default 0;

pragma user_version = 7;
