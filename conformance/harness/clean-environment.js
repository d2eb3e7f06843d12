// Imported first by the modules that talk to the server: no client may send a request for 127.0.0.1 through a proxy.
for (const name of Object.keys(process.env)) {
    if (/^(global_agent_)?(https?|all|no)_proxy$/i.test(name)) delete process.env[name];
}
