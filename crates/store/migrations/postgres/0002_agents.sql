-- Agents that run: what each runs, what is asked of it, what it keeps.
alter table device add column agent_deployment_id text collate "C"; -- what the agent runs or ran last
alter table device add column agent_restart_kind text collate "C";  -- the newest restart asked for and not yet carried out
alter table device add column agent_restart_ms bigint;
alter table agent add column saved bytea;                -- what its program saved last, in the device protocol's encoding

-- The machines of agents that sleep, as bytes; of one that is awake, what it was when it slept last.
create table agent_snapshot (
  agent_id text collate "C" primary key references agent (agent_id) on delete cascade,
  snapshot bytea not null
);

-- Agents that sleep, or slept when the server stopped. Beside the snapshots, so that waking one changes a few bytes.
create table agent_sleep (
  agent_id         text collate "C" primary key references agent_snapshot on delete cascade,
  wake_ms          bigint, -- when its next timer is due
  wants_connection boolean not null -- whether it hears of its device coming and going
);

-- Code that programs require. The same for all accounts.
create table library (
  name       text collate "C" not null,
  version    text collate "C" not null,
  source     bytea not null, -- zstd
  created_ms bigint not null,
  primary key (name, version)
);
