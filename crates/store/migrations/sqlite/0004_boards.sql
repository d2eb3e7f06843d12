-- What virtual imps are on, and what is done to them from outside.
alter table virtual_imp add column board text;      -- the name of one that is ready, or `custom`
alter table virtual_imp add column board_file text; -- the text of one that is not
alter table virtual_imp add column board_number integer not null default 0; -- counts changes of the board
alter table virtual_imp add column inputs text not null default '{}';       -- names and values, as JSON
