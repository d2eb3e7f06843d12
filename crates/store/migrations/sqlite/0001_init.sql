-- Times are Unix milliseconds (`_ms`). Booleans are 0 and 1. Ids are opaque text.

create table meta (
  key   text primary key,
  value text not null
) strict, without rowid;

create table account (
  id                   text primary key,
  username             text not null,
  username_key         text not null unique, -- lower case
  email                text not null,
  email_key            text not null unique, -- lower case
  password_hash        text not null,        -- Argon2id, PHC string
  production           integer not null,     -- entitled to production and factory groups
  disabled             integer not null default 0,
  totp_secret          blob,                 -- encrypted under the server key
  totp_enabled         integer not null default 0,
  totp_last_step       integer not null default 0, -- newest time step used, so that no code works twice
  unbonding_key_hash   blob,
  unbonding_key_ms     integer,
  quota_products       integer,              -- null: the default
  quota_device_groups  integer,
  quota_deployments    integer,
  quota_devices        integer,
  quota_webhooks       integer,
  quota_login_keys     integer,
  created_ms           integer not null,
  updated_ms           integer not null
) strict, without rowid;

-- What quotas limit, counted as it comes and goes. An account's number of something is the sum over the shards, which
-- spare concurrent creates each other's row locks; a shard alone may be negative.
create table usage_counter (
  account_id text not null references account on delete cascade,
  what       text not null,
  shard      integer not null,
  value      integer not null,
  primary key (account_id, what, shard)
) strict, without rowid;

create table recovery_code (
  account_id text not null references account on delete cascade,
  hash       blob not null,
  primary key (account_id, hash)
) strict, without rowid;

create table collaborator (
  owner_id   text not null references account on delete cascade,
  account_id text not null references account on delete cascade,
  role       text not null,
  created_ms integer not null,
  updated_ms integer not null,
  primary key (owner_id, account_id)
) strict, without rowid;
create index collaborator_account on collaborator (account_id, owner_id);

create table refresh_token (
  id           text primary key,
  hash         blob not null unique,
  account_id   text not null references account on delete cascade,
  ip_address   text,
  user_agent   text,
  created_ms   integer not null,
  last_used_ms integer
) strict, without rowid;
create index refresh_token_account on refresh_token (account_id, created_ms, id);

create table login_key (
  lookup      blob primary key,   -- keyed hash of the key
  sealed      blob not null,      -- the key, encrypted under the server key
  account_id  text not null references account on delete cascade,
  description text,
  usages      integer not null default 0,
  created_ms  integer not null,
  updated_ms  integer not null
) strict, without rowid;
create index login_key_account on login_key (account_id, created_ms, lookup);

create table access_token (
  hash             blob primary key,
  account_id       text not null references account on delete cascade,
  refresh_token_id text,          -- the session it belongs to, if any
  ip_address       text,
  created_ms       integer not null,
  expires_ms       integer not null
) strict, without rowid;
create index access_token_expires on access_token (expires_ms);
create index access_token_account on access_token (account_id, refresh_token_id);

create table login_token (
  hash       blob primary key,
  account_id text not null references account on delete cascade,
  attempts   integer not null default 0,
  expires_ms integer not null
) strict, without rowid;
create index login_token_expires on login_token (expires_ms);

create table product (
  id          text primary key,
  owner_id    text not null references account on delete cascade,
  creator_id  text not null,
  name        text not null,
  description text,
  created_ms  integer not null,
  updated_ms  integer not null,
  unique (owner_id, name)
) strict, without rowid;
create index product_owner on product (owner_id, created_ms, id);

create table device_group (
  id                          text primary key,
  kind                        text not null,
  product_id                  text not null references product,
  owner_id                    text not null references account on delete cascade,
  creator_id                  text not null,
  name                        text not null,
  description                 text,
  region                      text,
  env_vars                    text not null, -- a JSON object
  load_code_after_blessing    integer not null,
  production_target_id        text references device_group,
  dut_target_id               text references device_group,
  current_deployment_id       text,
  min_supported_deployment_id text,
  created_ms                  integer not null,
  updated_ms                  integer not null,
  unique (product_id, name)
) strict, without rowid;
create index device_group_owner on device_group (owner_id, created_ms, id);
create index device_group_product on device_group (product_id, created_ms, id);
create index device_group_production_target on device_group (production_target_id);
create index device_group_dut_target on device_group (dut_target_id);

create table code (
  sha         text primary key,
  device_code blob not null, -- zstd
  agent_code  blob not null, -- zstd
  device_sha  blob not null  -- SHA-256 of the device code
) strict;

create table deployment (
  id          text primary key,
  group_id    text not null references device_group,
  group_kind  text not null, -- these three: the group's, which never change
  product_id  text not null,
  owner_id    text not null references account on delete cascade,
  creator_id  text not null,
  flagger_id  text,
  sha         text not null references code,
  description text,
  origin      text,
  flagged     integer not null,
  tags        text not null, -- joined with commas, which no tag holds
  created_ms  integer not null,
  updated_ms  integer not null
) strict, without rowid;
create index deployment_owner on deployment (owner_id, created_ms, id);
create index deployment_group on deployment (group_id, created_ms, id);
create index deployment_product on deployment (product_id, created_ms, id);
create index deployment_sha on deployment (sha);

create table device (
  id                     text primary key,
  mac_address            text not null unique,
  owner_id               text not null references account on delete cascade,
  group_id               text references device_group,
  group_kind             text, -- these three: the group's, which never change
  product_id             text,
  group_owner_id         text,
  agent_id               text unique,
  name                   text,
  imp_type               text not null,
  plan_id                text,
  public_key             blob not null, -- Ed25519
  blessed                integer not null default 0,
  online                 integer not null default 0,
  state_changed_ms       integer,
  agent_running          integer not null default 0,
  agent_state_changed_ms integer,
  last_enrolled_ms       integer,
  ip_address             text,
  free_memory            integer,
  rssi                   integer,
  swversion              text,
  restart_kind           text,    -- the newest restart asked for and not yet carried out
  restart_requested_ms   integer,
  deployment_id          text, -- what it runs, as far as is known
  connection_id          text, -- of the connection that it has
  created_ms             integer not null,
  updated_ms             integer not null
) strict, without rowid;
create index device_owner on device (owner_id, created_ms, id);
create index device_group_member on device (group_id, created_ms, id);
create index device_product on device (product_id, created_ms, id) where product_id is not null;
create index device_groups_of on device (group_owner_id, created_ms, id) where group_owner_id is not null;
create index device_unassigned on device (owner_id, created_ms, id) where group_id is null;

-- The agent id belongs to the pair of device and plan and survives un- and reassignment.
create table agent (
  device_id text not null references device on delete cascade,
  plan_id   text not null, -- '' without a plan
  agent_id  text not null unique,
  primary key (device_id, plan_id)
) strict, without rowid;

create table device_history (
  device_id text not null references device on delete cascade,
  at_ms     integer not null,
  seq       integer not null, -- tells apart what happened in one millisecond, in order
  event     text not null,
  owner_id  text not null,
  actor_id  text not null,
  primary key (device_id, at_ms, seq)
) strict, without rowid;

create table connection_event (
  id         text not null,
  device_id  text not null references device on delete cascade,
  at_ms      integer not null,
  event      text not null, -- connected, disconnected
  reason     text,
  ip_address text,
  primary key (device_id, at_ms, id)
) strict, without rowid;

-- Log entries in blocks, as they were appended. `seq` numbers the last entry of a block among the device's.
create table log_block (
  device_id text not null,
  seq       integer not null,
  group_id  text,
  first_ms  integer not null,
  last_ms   integer not null,
  body      blob not null,
  primary key (device_id, seq)
) strict, without rowid;
create index log_block_group on log_block (group_id, last_ms, device_id, seq) where group_id is not null;
create index log_block_age on log_block (last_ms);

create table webhook (
  id           text primary key,
  group_id     text not null references device_group on delete cascade,
  group_kind   text not null, -- these three: the group's, which never change
  product_id   text not null,
  owner_id     text not null references account on delete cascade,
  creator_id   text not null,
  url          text not null,
  event        text not null,
  content_type text not null,
  sealed_secret blob not null, -- encrypted under the server key
  created_ms   integer not null,
  updated_ms   integer not null
) strict, without rowid;
create index webhook_owner on webhook (owner_id, created_ms, id);
create index webhook_group on webhook (group_id, created_ms, id);

create table webhook_delivery (
  id              text primary key,
  webhook_id      text not null references webhook on delete cascade,
  event           text not null,
  payload         text not null, -- a JSON object
  state           text not null, -- pending, delivered, failed
  attempts        integer not null default 0,
  next_attempt_ms integer,
  last_status     integer,
  last_error      text,
  created_ms      integer not null,
  updated_ms      integer not null
) strict, without rowid;
create index webhook_delivery_due on webhook_delivery (next_attempt_ms) where state = 'pending';
create index webhook_delivery_pending on webhook_delivery (webhook_id, created_ms, id) where state = 'pending';
create index webhook_delivery_age on webhook_delivery (created_ms);
create index webhook_delivery_webhook on webhook_delivery (webhook_id, created_ms, id);

create table hourly_counter (
  group_id text not null references device_group on delete cascade,
  hour_ms  integer not null, -- start of the hour
  name     text not null,
  value    integer not null,
  primary key (group_id, hour_ms, name)
) strict, without rowid;

create table audit (
  id          text not null unique, -- begins with the time
  owner_id    text not null,  -- whose resource; no reference, so that rows outlive it
  actor_id    text,           -- null: the operator
  action      text not null,
  target_type text not null,
  target_id   text not null,
  detail      text,
  ip_address  text,
  request_id  text,
  created_ms  integer not null,
  primary key (owner_id, created_ms, id)
) strict, without rowid;
