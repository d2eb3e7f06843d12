-- Devices that are programs and live in the server.
create table virtual_imp (
  device_id  text primary key references device (id) on delete cascade,
  started    integer not null, -- whether it is to have power
  kept       blob,             -- what outlives its power
  created_ms integer not null,
  updated_ms integer not null
) strict;
