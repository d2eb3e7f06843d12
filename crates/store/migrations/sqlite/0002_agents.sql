-- Agents that run: what each runs, what is asked of it, what it keeps.
alter table device add column agent_deployment_id text; -- what the agent runs or ran last
alter table device add column agent_restart_kind text;  -- the newest restart asked for and not yet carried out
alter table device add column agent_restart_ms integer;
alter table agent add column saved blob;                -- what its program saved last, in the device protocol's encoding

-- Code that programs require. The same for all accounts.
create table library (
  name       text not null,
  version    text not null,
  source     blob not null, -- zstd
  created_ms integer not null,
  primary key (name, version)
) strict, without rowid;
