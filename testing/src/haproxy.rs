//! A real HAProxy in front of servers of a test's own.

use std::fs;
use std::io::ErrorKind;
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::certificates::Issued;
use crate::ports::free_port;

const START_DEADLINE: Duration = Duration::from_secs(20);

/// A balancer that asks each server for `/readyz` several times a second. It is killed when it is dropped.
pub struct HaProxy {
    port: u16,
    process: Child,
    _directory: TempDir,
}

impl HaProxy {
    /// One in front of these servers, in turn.
    pub fn before(servers: &[SocketAddr]) -> Self {
        let server =
            |(number, address): (usize, &SocketAddr)| format!("    server s{number} {address} check\n");
        let servers: String = servers.iter().enumerate().map(server).collect();
        let checked = format!(
            "    option httpchk GET /readyz\n    http-check expect status 200-299\n    \
             default-server inter 300ms fall 1 rise 1\n{servers}"
        );
        Self::start("", &checked)
    }

    /// One whose clients speak TLS, in front of a server of any kind.
    pub fn with_tls(issued: &Issued, server: SocketAddr) -> Self {
        let both = issued.certificate.with_extension("both.pem");
        let read = |path| fs::read_to_string(path).expect("a file that was written");
        fs::write(&both, read(&issued.certificate) + &read(&issued.key)).expect("a written file");
        Self::start(&format!("ssl crt {}", both.display()), &format!("    server s {server}\n"))
    }

    fn start(bind: &str, servers: &str) -> Self {
        let (directory, port) = (tempfile::tempdir().expect("a temporary directory"), free_port());
        let settings = format!(
            "defaults\n    mode http\n    timeout connect 1s\n    timeout client 30s\n    timeout server 30s\n    \
             timeout check 5s\n    option redispatch\n    retries 3\n\
             frontend users\n    bind 127.0.0.1:{port} {bind}\n    default_backend servers\n\
             backend servers\n{servers}"
        );
        let file = directory.path().join("haproxy.cfg");
        fs::write(&file, settings).expect("a settings file");
        let mut command = Command::new("haproxy");
        command
            .arg("-db")
            .arg("-f")
            .arg(&file)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let process = match command.spawn() {
            Ok(process) => process,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                panic!("haproxy is not installed: run `apt-get install haproxy`")
            }
            Err(error) => panic!("haproxy cannot be started: {error}"),
        };
        let balancer = Self { port, process, _directory: directory };
        let started = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(started.elapsed() < START_DEADLINE, "haproxy did not start");
            sleep(Duration::from_millis(5));
        }
        balancer
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        ([127, 0, 0, 1], self.port).into()
    }

    /// The same for browsers.
    pub fn url(&self) -> String {
        format!("http://{}", self.address())
    }
}

impl Drop for HaProxy {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
