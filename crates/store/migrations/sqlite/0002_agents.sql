-- Agents that run: what each runs, what is asked of it, what it keeps.
alter table device add column agent_deployment_id text; -- what the agent runs or ran last
alter table device add column agent_restart_kind text;  -- the newest restart asked for and not yet carried out
alter table device add column agent_restart_ms integer;
alter table agent add column saved blob;                -- what its program saved last, in the device protocol's encoding

-- The machines of agents that sleep, as bytes; of one that is awake, what it was when it slept last.
create table agent_snapshot (
  agent_id text primary key references agent (agent_id) on delete cascade,
  snapshot blob not null
) strict;

-- Agents that sleep, or slept when the server stopped. Beside the snapshots, so that waking one changes a few bytes.
create table agent_sleep (
  agent_id         text primary key references agent_snapshot on delete cascade,
  wake_ms          integer, -- when its next timer is due
  wants_connection integer not null -- whether it hears of its device coming and going
) strict, without rowid;

-- Code that programs require. The same for all accounts.
create table library (
  name       text not null,
  version    text not null,
  source     blob not null, -- zstd
  created_ms integer not null,
  primary key (name, version)
) strict, without rowid;
