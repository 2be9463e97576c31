# For workerd on a server of your own. First bundle as `wrangler` does (see the README), then
#   COOKIE_KEYS="$(jq --compact-output .cookie keys.json)" \
#     workerd serve config.capnp --import-path=DIST --external-addr origin=127.0.0.1:8080

using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "edge", worker = .edge),
    # All that the Worker fetches goes there, whatever host the URL names.
    (name = "origin", external = (address = "127.0.0.1:8080", http = ())),
  ],
  sockets = [(name = "http", address = "127.0.0.1:8000", http = (), service = "edge")],
);

const edge :Workerd.Worker = (
  # Found by --import-path.
  modules = [
    (name = "worker.js", esModule = embed "/built/worker.js"),
    (name = "cookie.wasm", wasm = embed "/built/cookie.wasm"),
  ],
  bindings = [(name = "COOKIE_KEYS", fromEnvironment = "COOKIE_KEYS")],
  globalOutbound = "origin",
  compatibilityDate = "2026-04-01",
);
