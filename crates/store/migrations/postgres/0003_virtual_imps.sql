-- Devices that are programs and live in the server.
create table virtual_imp (
  device_id  text collate "C" primary key references device (id) on delete cascade,
  started    boolean not null, -- whether it is to have power
  kept       bytea,            -- what outlives its power
  created_ms bigint not null,
  updated_ms bigint not null
);
