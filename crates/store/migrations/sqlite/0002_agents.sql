-- Agents that run: what each runs, what is asked of it, what it keeps.
alter table device add column agent_deployment_id text; -- what the agent runs or ran last
alter table device add column agent_restart_kind text;  -- the newest restart asked for and not yet carried out
alter table device add column agent_restart_ms integer;
alter table agent add column saved blob;                -- what its program saved last, in the device protocol's encoding

-- Agents that sleep, or slept when the server stopped: their machines as bytes.
create table agent_snapshot (
  agent_id         text primary key references agent (agent_id) on delete cascade,
  snapshot         blob not null,
  wake_ms          integer,          -- when its next timer is due
  wants_connection integer not null  -- whether it hears of its device coming and going
) strict;

-- Code that programs require. The same for all accounts.
create table library (
  name       text not null,
  version    text not null,
  source     blob not null, -- zstd
  created_ms integer not null,
  primary key (name, version)
) strict, without rowid;
