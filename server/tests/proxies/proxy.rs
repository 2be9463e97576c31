use std::env;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use session_testing::free_port;
use tempfile::TempDir;

const START_DEADLINE: Duration = Duration::from_secs(20);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Nginx,
    Caddy,
    Envoy,
    HaProxy,
    Traefik,
}

/// A proxy with the recipe that is for it, at addresses of a test's own. It ends when it is dropped.
pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    kind: Kind,
    process: Child,
    _directory: TempDir,
}

/// A file of the examples.
pub(crate) fn example(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/forward-auth").join(path)
}

impl Kind {
    /// The files of the recipe, of which the first is the one that is given to the proxy.
    const fn recipe(self) -> &'static [&'static str] {
        match self {
            Self::Nginx => &["nginx/forward-auth.conf"],
            Self::Caddy => &["caddy/Caddyfile"],
            Self::Envoy => &["envoy/envoy.yaml"],
            Self::HaProxy => &["haproxy/haproxy.cfg", "haproxy/ask.lua"],
            Self::Traefik => &["traefik/dynamic.yaml"],
        }
    }

    fn program(self) -> OsString {
        let (variable, default) = match self {
            Self::Nginx => ("NGINX", "nginx"),
            Self::Caddy => ("CADDY", "caddy"),
            Self::Envoy => ("ENVOY", "envoy"),
            Self::HaProxy => ("HAPROXY", "haproxy"),
            Self::Traefik => ("TRAEFIK", "traefik"),
        };
        env::var_os(variable).unwrap_or_else(|| default.into())
    }

    /// What there is around a recipe that is part of a file, so that nothing outside of `directory` is used.
    fn around(self, directory: &str) -> Option<String> {
        match self {
            Self::Nginx => {
                let places = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
                let places = places.map(|what| format!("{what}_temp_path {directory}/{what};"));
                Some(format!(
                    "daemon off; pid {directory}/pid; user root; worker_processes 1; events {{}}\n\
                     http {{ access_log off; {} include {directory}/recipe; }}\n",
                    places.concat()
                ))
            }
            Self::Caddy => {
                Some(format!("{{\nadmin off\npersist_config off\n}}\nimport {directory}/recipe\n"))
            }
            Self::Envoy | Self::HaProxy | Self::Traefik => None,
        }
    }

    fn arguments(self, directory: &str, file: &str, port: u16) -> Vec<String> {
        // Where it listens, and to which names of headers, is no part of its recipe.
        let entry = format!("--entryPoints.web.address=127.0.0.1:{port}");
        let names = "--entryPoints.web.http.aliasHeadersStrategy=delete";
        let recipe = format!("--providers.file.filename={file}");
        let arguments: &[&str] = match self {
            Self::Nginx => &["-p", directory, "-e", "stderr", "-c", file],
            Self::Caddy => &["run", "--adapter", "caddyfile", "--config", file],
            Self::Envoy => {
                &["--use-dynamic-base-id", "--concurrency", "1", "--log-level", "warn", "-c", file]
            }
            Self::HaProxy => &["-db", "-f", file],
            Self::Traefik => &[&entry, names, &recipe, "--log.level=WARN", "--global.checkNewVersion=false"],
        };
        arguments.iter().map(|argument| (*argument).to_owned()).collect()
    }
}

impl Proxy {
    pub(crate) fn start(kind: Kind, server: SocketAddr, application: SocketAddr) -> Self {
        Self::start_edited(kind, server, application, |text| text)
    }

    /// The same, with files that somebody has changed.
    pub(crate) fn start_edited(
        kind: Kind,
        server: SocketAddr,
        application: SocketAddr,
        edit: impl Fn(String) -> String,
    ) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
        let port = free_port();
        // The application's first: the others have more than four digits, and might begin with these.
        let moves = [(3000, application.port()), (8080, server.port()), (8000, port), (8001, free_port())];
        for (number, file) in kind.recipe().iter().enumerate() {
            let mut text = fs::read_to_string(example(file)).unwrap();
            for (documented, actual) in moves {
                for before in [":", ": "] {
                    text = text.replace(&format!("{before}{documented}"), &format!("{before}{actual}"));
                }
            }
            let name = if number == 0 { "recipe" } else { file.rsplit('/').next().unwrap() };
            fs::write(path(name), edit(text)).unwrap();
        }
        let text = kind.around(directory.path().to_str().unwrap());
        let file = text.map_or_else(
            || path("recipe"),
            |text| {
                fs::write(path("around"), text).unwrap();
                path("around")
            },
        );
        // They go by the ending.
        let file = if matches!(kind, Kind::Envoy | Kind::Traefik) {
            fs::rename(&file, path("recipe.yaml")).unwrap();
            path("recipe.yaml")
        } else {
            file
        };
        let mut command = Command::new(kind.program());
        command.args(kind.arguments(directory.path().to_str().unwrap(), &file, port));
        command.current_dir(directory.path()).env("HOME", directory.path());
        let log = File::create(path("log")).unwrap();
        command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        let process = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let mut proxy = Self { address, kind, process, _directory: directory };
        proxy.wait(&|| fs::read_to_string(proxy_log(&file)).unwrap_or_default());
        proxy
    }

    fn wait(&mut self, log: &dyn Fn() -> String) {
        let began_at = Instant::now();
        while !self.serves() {
            let ended = self.process.try_wait().unwrap();
            assert!(ended.is_none() && began_at.elapsed() < START_DEADLINE, "{:?}: {}", self.kind, log());
            sleep(Duration::from_millis(10));
        }
    }

    /// Some listen before they answer, and Traefik before it has read its recipe: it knows no path then.
    fn serves(&self) -> bool {
        let mut beginning = [0; 12];
        let asked = TcpStream::connect(self.address).and_then(|mut stream| {
            stream.set_read_timeout(Some(START_DEADLINE))?;
            stream.write_all(b"GET / HTTP/1.1\r\nHost: app.example\r\nConnection: close\r\n\r\n")?;
            stream.read_exact(&mut beginning)
        });
        asked.is_ok() && beginning != *b"HTTP/1.1 404"
    }
}

fn proxy_log(file: &str) -> PathBuf {
    Path::new(file).with_file_name("log")
}

impl Drop for Proxy {
    fn drop(&mut self) {
        if self.kind == Kind::Nginx {
            // Which ends its workers; others have none.
            let _ = kill_process(Pid::from_child(&self.process), Signal::TERM);
        } else {
            let _ = self.process.kill();
        }
        let _ = self.process.wait();
    }
}
