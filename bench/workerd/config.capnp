# The bench says at which address, with --socket-addr.
using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [(name = "main", worker = .worker)],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);

const worker :Workerd.Worker = (
  modules = [(name = "worker", esModule = embed "worker.js")],
  compatibilityDate = "2026-11-01",
  durableObjectNamespaces = [(className = "Agent", uniqueKey = "agents")],
  durableObjectStorage = (inMemory = void),
  bindings = [(name = "AGENTS", durableObjectNamespace = "Agent")],
);
