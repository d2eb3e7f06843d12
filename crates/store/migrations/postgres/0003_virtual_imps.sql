-- Devices that are programs and live in the server.
create table virtual_imp (
  device_id  text collate "C" primary key references device (id) on delete cascade,
  started    boolean not null, -- whether it is to have power
  kept       bytea,            -- what outlives its power
  created_ms bigint not null,
  updated_ms bigint not null
);

-- Sectors of their SPI flash that are not erased.
create table virtual_imp_flash (
  device_id text collate "C" not null references virtual_imp (device_id) on delete cascade,
  sector    integer not null,
  content   bytea not null,
  primary key (device_id, sector)
);
