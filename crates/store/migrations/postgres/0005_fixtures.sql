-- The factory fixture that configured a device last.
alter table device add column fixture_id text;
