# For workerd on a server of your own. First bundle as `wrangler` does (see the README), then
#   ISSUER=https://app.example workerd serve config.capnp --import-path=DIST

using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "app", worker = .app),
    # Where the issuer is, whatever host its URL names.
    (name = "origin", external = (address = "127.0.0.1:8080", http = ())),
  ],
  sockets = [(name = "http", address = "127.0.0.1:8000", http = (), service = "app")],
);

const app :Workerd.Worker = (
  # Found by --import-path.
  modules = [
    (name = "worker.js", esModule = embed "/built/worker.js"),
    (name = "statement.wasm", wasm = embed "/built/statement.wasm"),
  ],
  bindings = [(name = "ISSUER", fromEnvironment = "ISSUER")],
  globalOutbound = "origin",
  compatibilityDate = "2026-04-01",
);
