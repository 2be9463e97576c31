using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    # Given on the command line.
    (name = "files", disk = (allowDotfiles = false)),
  ],
);

const worker :Workerd.Worker = (
  # Found by --import-path: what esbuild wrote, as `wrangler` would.
  modules = [
    (name = "workerd.js", esModule = embed "/built/workerd.js"),
    (name = "cookie.wasm", wasm = embed "/built/cookie.wasm"),
    (name = "statement.wasm", wasm = embed "/built/statement.wasm"),
  ],
  bindings = [
    (name = "files", service = "files"),
    (name = "self", service = "main"),
    (name = "version", fromEnvironment = "WORKERD_VERSION"),
  ],
  # Before 2025-06-01 no byte may be compiled, not even at start.
  compatibilityDate = "2025-05-01",
);
