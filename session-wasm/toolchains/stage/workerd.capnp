using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (services = [(name = "main", worker = .worker)]);

const worker :Workerd.Worker = (
  modules = [
    (name = "worker.js", esModule = embed "dist/worker.js"),
    (name = "cookie.wasm", wasm = embed "dist/cookie.wasm"),
    (name = "statement.wasm", wasm = embed "dist/statement.wasm"),
  ],
  bindings = [(name = "SCENE", fromEnvironment = "SCENE")],
  # Before 2025-06-01 no byte may be compiled, not even at start.
  compatibilityDate = "2025-05-01",
);
