-- Agents that run: what each runs, what is asked of it, what it keeps.
alter table device add column agent_deployment_id text collate "C"; -- what the agent runs or ran last
alter table device add column agent_restart_kind text collate "C";  -- the newest restart asked for and not yet carried out
alter table device add column agent_restart_ms bigint;
alter table agent add column saved bytea;                -- what its program saved last, in the device protocol's encoding

-- Code that programs require. The same for all accounts.
create table library (
  name       text collate "C" not null,
  version    text collate "C" not null,
  source     bytea not null, -- zstd
  created_ms bigint not null,
  primary key (name, version)
);
