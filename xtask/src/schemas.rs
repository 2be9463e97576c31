//! Both listeners of a real server, on both stores, held against their OpenAPI documents by schemathesis.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::process::{command, run, run_with_input};
use crate::root::root;
use crate::setup::{self, CC, REDIS};
use crate::target_dir::target_dir;
use crate::virtual_environment;

/// What schemathesis is, with all that it needs, by hash.
const TOOLS: &str = "testing/schemathesis.txt";
const SETTINGS: &str = "testing/schemathesis.toml";

/// Requests of each operation by chance, beside those that go through all that its schemas say.
const EXAMPLES: &str = "25";
/// The same requests in each run.
const SEED: &str = "20261129";

const TOKEN: &str = "schemathesis-0123456789-0123456789";
const PASSWORD: &str = "a password for nobody";

/// Nothing here takes so long to start.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) fn hold() -> Result<()> {
    setup::tools(&[REDIS, CC])?;
    let tools = tools()?;
    // Without the page, which is no part of the documents and has a path in common with them.
    run(&mut command("cargo", ["build", "--package", "session-server"]))?;
    let program = target_dir()?.join("debug/session-server");
    let place = target_dir()?.join("schemas");
    eprintln!("xtask: schemathesis with seed {SEED}");
    Site::start(&program, &place.join("embedded"), None)?.hold(&tools)?;
    let directory = place.join("redis");
    renew(&directory)?;
    let socket = directory.join("redis.sock");
    let redis = ["--port", "0", "--save", "", "--unixsocket", &socket.to_string_lossy()].map(str::to_owned);
    let _redis = Running(Command::new("redis-server").args(redis).stdout(Stdio::null()).spawn()?);
    until(|| socket.exists()).context("Redis does not start")?;
    let store = format!("redis+unix://{}", socket.display());
    Site::start(&program, &directory.join("server"), Some(&store))?.hold(&tools)
}

/// The directory with its programs.
pub(crate) fn tools() -> Result<PathBuf> {
    virtual_environment::programs("schemathesis", TOOLS)
}

fn renew(directory: &Path) -> Result<()> {
    if directory.exists() {
        fs::remove_dir_all(directory)?;
    }
    Ok(fs::create_dir_all(directory)?)
}

/// A server and its two listeners.
struct Site {
    server: Running,
    store: &'static str,
    public: SocketAddr,
    management: SocketAddr,
}

/// A process that ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Site {
    fn start(program: &Path, directory: &Path, store: Option<&str>) -> Result<Self> {
        renew(directory)?;
        let command = || {
            let mut command = Command::new(program);
            command.current_dir(directory).env_clear();
            command
        };
        run_with_input(command().args(["user", "add", "alice", "--password-stdin"]), PASSWORD)?;
        fs::write(directory.join("tokens"), format!("schemathesis:{TOKEN}\n"))?;
        let log = directory.join("log");
        let listen = ["serve", "--listen", "127.0.0.1:0", "--manage", "127.0.0.1:0"];
        let mut server = command();
        server.args(listen).args(["--management-tokens", "tokens"]);
        server.args(store.into_iter().flat_map(|store| ["--store", store]));
        let mut server = Running(server.stdout(Stdio::piped()).stderr(File::create(&log)?).spawn()?);
        let mut line = String::new();
        BufReader::new(server.0.stdout.take().context("no standard output")?).read_line(&mut line)?;
        let public = line.trim_end().strip_prefix("serving on http://");
        let public = public.with_context(|| format!("the server does not serve: see {}", log.display()))?;
        let mut management = None;
        until(|| {
            let text = fs::read_to_string(&log).unwrap_or_default();
            let line = text.lines().find_map(|line| line.split_once(" management address="));
            management = line.map(|(_, address)| address.trim().to_owned());
            management.is_some()
        })?;
        Ok(Self {
            server,
            store: store.map_or("embedded", |_| "redis"),
            public: public.parse()?,
            management: management.unwrap_or_default().parse()?,
        })
    }

    fn hold(mut self, tools: &Path) -> Result<()> {
        for (listener, address) in [("public", self.public), ("management", self.management)] {
            eprintln!("xtask: the {listener} listener on the {} store", self.store);
            let url = format!("http://{address}");
            let how = ["--url", &url, "--seed", SEED, "--max-examples", EXAMPLES, "--no-color"];
            let mut schemathesis = command("env", [tools.join("schemathesis")]);
            schemathesis.args(["--config-file", SETTINGS, "run"]);
            // The management tells its document to nobody without a token.
            schemathesis.arg(document(listener)).args(how);
            // Where its hooks are.
            schemathesis.env("PYTHONPATH", root().join("testing")).env("PYTHONDONTWRITEBYTECODE", "1");
            schemathesis
                .env("MANAGEMENT", format!("http://{}", self.management))
                .env("MANAGEMENT_TOKEN", TOKEN);
            run(&mut schemathesis)?;
        }
        ensure!(self.server.0.try_wait()?.is_none(), "the server has ended by itself");
        Ok(())
    }
}

fn document(listener: &str) -> &'static str {
    if listener == "public" { "session-http/openapi.json" } else { "session-http/management.json" }
}

fn until(mut is_so: impl FnMut() -> bool) -> Result<()> {
    let patience = Instant::now() + PATIENCE;
    while !is_so() {
        if Instant::now() > patience {
            bail!("it never is");
        }
        sleep(Duration::from_millis(10));
    }
    Ok(())
}
