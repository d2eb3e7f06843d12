-- Agents that run: what each runs, what is asked of it, what it keeps.
alter table device add column agent_deployment_id text; -- what the agent runs or ran last
alter table device add column agent_restart_kind text;  -- the newest restart asked for and not yet carried out
alter table device add column agent_restart_ms integer;
alter table agent add column saved blob;                -- what its program saved last, in the device protocol's encoding
