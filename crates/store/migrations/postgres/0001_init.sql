-- Times are Unix milliseconds (`_ms`). Ids are opaque text. Text sorts by bytes on every database (collate "C").

create table meta (
  key   text collate "C" primary key,
  value text collate "C" not null
);

create table account (
  id                   text collate "C" primary key,
  username             text collate "C" not null,
  username_key         text collate "C" not null unique, -- lower case
  email                text collate "C" not null,
  email_key            text collate "C" not null unique, -- lower case
  password_hash        text collate "C" not null,        -- Argon2id, PHC string
  production           boolean not null,     -- entitled to production and factory groups
  disabled             boolean not null default false,
  totp_secret          bytea,                 -- encrypted under the server key
  totp_enabled         boolean not null default false,
  totp_last_step       bigint not null default 0, -- newest time step used, so that no code works twice
  unbonding_key_hash   bytea,
  unbonding_key_ms     bigint,
  quota_products       bigint,              -- null: the default
  quota_device_groups  bigint,
  quota_deployments    bigint,
  quota_devices        bigint,
  quota_webhooks       bigint,
  quota_login_keys     bigint,
  created_ms           bigint not null,
  updated_ms           bigint not null
);

-- What quotas limit, counted as it comes and goes. An account's number of something is the sum over the shards, which
-- spare concurrent creates each other's row locks; a shard alone may be negative.
create table usage_counter (
  account_id text collate "C" not null references account on delete cascade,
  what       text collate "C" not null,
  shard      bigint not null,
  value      bigint not null,
  primary key (account_id, what, shard)
);

create table recovery_code (
  account_id text collate "C" not null references account on delete cascade,
  hash       bytea not null,
  primary key (account_id, hash)
);

create table collaborator (
  owner_id   text collate "C" not null references account on delete cascade,
  account_id text collate "C" not null references account on delete cascade,
  role       text collate "C" not null,
  created_ms bigint not null,
  updated_ms bigint not null,
  primary key (owner_id, account_id)
);
create index collaborator_account on collaborator (account_id, owner_id);

create table refresh_token (
  id           text collate "C" primary key,
  hash         bytea not null unique,
  account_id   text collate "C" not null references account on delete cascade,
  ip_address   text collate "C",
  user_agent   text collate "C",
  created_ms   bigint not null,
  last_used_ms bigint
);
create index refresh_token_account on refresh_token (account_id, created_ms, id);

create table login_key (
  lookup      bytea primary key,   -- keyed hash of the key
  sealed      bytea not null,      -- the key, encrypted under the server key
  account_id  text collate "C" not null references account on delete cascade,
  description text collate "C",
  usages      bigint not null default 0,
  created_ms  bigint not null,
  updated_ms  bigint not null
);
create index login_key_account on login_key (account_id, created_ms, lookup);

create table access_token (
  hash             bytea primary key,
  account_id       text collate "C" not null references account on delete cascade,
  refresh_token_id text collate "C",          -- the session it belongs to, if any
  ip_address       text collate "C",
  created_ms       bigint not null,
  expires_ms       bigint not null
);
create index access_token_expires on access_token (expires_ms);
create index access_token_account on access_token (account_id, refresh_token_id);

create table login_token (
  hash       bytea primary key,
  account_id text collate "C" not null references account on delete cascade,
  attempts   bigint not null default 0,
  expires_ms bigint not null
);
create index login_token_expires on login_token (expires_ms);

create table product (
  id          text collate "C" primary key,
  owner_id    text collate "C" not null references account on delete cascade,
  creator_id  text collate "C" not null,
  name        text collate "C" not null,
  description text collate "C",
  created_ms  bigint not null,
  updated_ms  bigint not null,
  unique (owner_id, name)
);
create index product_owner on product (owner_id, created_ms, id);

create table device_group (
  id                          text collate "C" primary key,
  kind                        text collate "C" not null,
  product_id                  text collate "C" not null references product,
  owner_id                    text collate "C" not null references account on delete cascade,
  creator_id                  text collate "C" not null,
  name                        text collate "C" not null,
  description                 text collate "C",
  region                      text collate "C",
  env_vars                    text collate "C" not null, -- a JSON object
  load_code_after_blessing    boolean not null,
  production_target_id        text collate "C" references device_group,
  dut_target_id               text collate "C" references device_group,
  current_deployment_id       text collate "C",
  min_supported_deployment_id text collate "C",
  created_ms                  bigint not null,
  updated_ms                  bigint not null,
  unique (product_id, name)
);
create index device_group_owner on device_group (owner_id, created_ms, id);
create index device_group_product on device_group (product_id, created_ms, id);
create index device_group_production_target on device_group (production_target_id);
create index device_group_dut_target on device_group (dut_target_id);

create table code (
  sha         text collate "C" primary key,
  device_code bytea not null, -- zstd
  agent_code  bytea not null, -- zstd
  device_sha  bytea not null  -- SHA-256 of the device code
);

create table deployment (
  id          text collate "C" primary key,
  group_id    text collate "C" not null references device_group,
  group_kind  text collate "C" not null, -- these three: the group's, which never change
  product_id  text collate "C" not null,
  owner_id    text collate "C" not null references account on delete cascade,
  creator_id  text collate "C" not null,
  flagger_id  text collate "C",
  sha         text collate "C" not null references code,
  description text collate "C",
  origin      text collate "C",
  flagged     boolean not null,
  tags        text collate "C" not null, -- joined with commas, which no tag holds
  created_ms  bigint not null,
  updated_ms  bigint not null
);
create index deployment_owner on deployment (owner_id, created_ms, id);
create index deployment_group on deployment (group_id, created_ms, id);
create index deployment_product on deployment (product_id, created_ms, id);
create index deployment_sha on deployment (sha);

create table device (
  id                     text collate "C" primary key,
  mac_address            text collate "C" not null unique,
  owner_id               text collate "C" not null references account on delete cascade,
  group_id               text collate "C" references device_group,
  group_kind             text collate "C", -- these three: the group's, which never change
  product_id             text collate "C",
  group_owner_id         text collate "C",
  agent_id               text collate "C" unique,
  name                   text collate "C",
  imp_type               text collate "C" not null,
  plan_id                text collate "C",
  public_key             bytea not null, -- Ed25519
  blessed                boolean not null default false,
  online                 boolean not null default false,
  state_changed_ms       bigint,
  agent_running          boolean not null default false,
  agent_state_changed_ms bigint,
  last_enrolled_ms       bigint,
  ip_address             text collate "C",
  free_memory            bigint,
  rssi                   bigint,
  swversion              text collate "C",
  restart_kind           text collate "C",    -- the newest restart asked for and not yet carried out
  restart_requested_ms   bigint,
  deployment_id          text collate "C", -- what it runs, as far as is known
  connection_id          text collate "C", -- of the connection that it has
  created_ms             bigint not null,
  updated_ms             bigint not null
);
create index device_owner on device (owner_id, created_ms, id);
create index device_group_member on device (group_id, created_ms, id);
create index device_product on device (product_id, created_ms, id) where product_id is not null;
create index device_groups_of on device (group_owner_id, created_ms, id) where group_owner_id is not null;
create index device_unassigned on device (owner_id, created_ms, id) where group_id is null;

-- The agent id belongs to the pair of device and plan and survives un- and reassignment.
create table agent (
  device_id text collate "C" not null references device on delete cascade,
  plan_id   text collate "C" not null, -- '' without a plan
  agent_id  text collate "C" not null unique,
  primary key (device_id, plan_id)
);

create table device_history (
  device_id text collate "C" not null references device on delete cascade,
  at_ms     bigint not null,
  seq       bigint not null, -- tells apart what happened in one millisecond, in order
  event     text collate "C" not null,
  owner_id  text collate "C" not null,
  actor_id  text collate "C" not null,
  primary key (device_id, at_ms, seq)
);

create table connection_event (
  id         text collate "C" not null,
  device_id  text collate "C" not null references device on delete cascade,
  at_ms      bigint not null,
  event      text collate "C" not null, -- connected, disconnected
  reason     text collate "C",
  ip_address text collate "C",
  primary key (device_id, at_ms, id)
);

-- Log entries in blocks, as they were appended. `seq` numbers the last entry of a block among the device's.
create table log_block (
  device_id text collate "C" not null,
  seq       bigint not null,
  group_id  text collate "C",
  first_ms  bigint not null,
  last_ms   bigint not null,
  body      bytea not null,
  primary key (device_id, seq)
);
create index log_block_group on log_block (group_id, last_ms, device_id, seq) where group_id is not null;
create index log_block_age on log_block (last_ms);

create table webhook (
  id           text collate "C" primary key,
  group_id     text collate "C" not null references device_group on delete cascade,
  group_kind   text collate "C" not null, -- these three: the group's, which never change
  product_id   text collate "C" not null,
  owner_id     text collate "C" not null references account on delete cascade,
  creator_id   text collate "C" not null,
  url          text collate "C" not null,
  event        text collate "C" not null,
  content_type text collate "C" not null,
  sealed_secret bytea not null, -- encrypted under the server key
  created_ms   bigint not null,
  updated_ms   bigint not null
);
create index webhook_owner on webhook (owner_id, created_ms, id);
create index webhook_group on webhook (group_id, created_ms, id);

create table webhook_delivery (
  id              text collate "C" primary key,
  webhook_id      text collate "C" not null references webhook on delete cascade,
  event           text collate "C" not null,
  payload         text collate "C" not null, -- a JSON object
  state           text collate "C" not null, -- pending, delivered, failed
  attempts        bigint not null default 0,
  next_attempt_ms bigint,
  last_status     bigint,
  last_error      text collate "C",
  created_ms      bigint not null,
  updated_ms      bigint not null
);
create index webhook_delivery_due on webhook_delivery (next_attempt_ms) where state = 'pending';
create index webhook_delivery_pending on webhook_delivery (webhook_id, created_ms, id) where state = 'pending';
create index webhook_delivery_age on webhook_delivery (created_ms);
create index webhook_delivery_webhook on webhook_delivery (webhook_id, created_ms, id);

create table hourly_counter (
  group_id text collate "C" not null references device_group on delete cascade,
  hour_ms  bigint not null, -- start of the hour
  name     text collate "C" not null,
  value    bigint not null,
  primary key (group_id, hour_ms, name)
);

create table audit (
  id          text collate "C" not null unique, -- begins with the time
  owner_id    text collate "C" not null,  -- whose resource; no reference, so that rows outlive it
  actor_id    text collate "C",           -- null: the operator
  action      text collate "C" not null,
  target_type text collate "C" not null,
  target_id   text collate "C" not null,
  detail      text collate "C",
  ip_address  text collate "C",
  request_id  text collate "C",
  created_ms  bigint not null,
  primary key (owner_id, created_ms, id)
);
