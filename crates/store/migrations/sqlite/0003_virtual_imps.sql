-- Devices that are programs and live in the server.
create table virtual_imp (
  device_id  text primary key references device (id) on delete cascade,
  started    integer not null, -- whether it is to have power
  kept       blob,             -- what outlives its power
  created_ms integer not null,
  updated_ms integer not null
) strict;

-- Sectors of their SPI flash that are not erased.
create table virtual_imp_flash (
  device_id text not null references virtual_imp (device_id) on delete cascade,
  sector    integer not null,
  content   blob not null,
  primary key (device_id, sector)
) strict, without rowid;
