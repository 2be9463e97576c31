//! A real Sentinel that watches one primary.

use std::fs;
use std::net::{Ipv4Addr, SocketAddrV4, TcpStream};
use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use redis::{Client, FromRedisValue};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::certificates::{Authority, Issued};
use crate::hosts::Host;
use crate::ports::free_port;
use crate::redis_server::{RedisServer, program, start};

const START_DEADLINE: Duration = Duration::from_secs(20);

/// A Sentinel that is killed when it is dropped.
pub struct Sentinel {
    address: Ipv4Addr,
    port: u16,
    process: Child,
    _directory: TempDir,
}

impl Sentinel {
    /// What every Sentinel calls the primary.
    pub const NAME: &str = "main";

    /// One that takes a primary for dead after a second, if as many as `quorum` do.
    pub fn watch(primary: &RedisServer, quorum: usize) -> Self {
        Self::start(None, loopback(primary.port()), quorum, Duration::from_secs(1), |_| String::new())
    }

    /// The same for hosts: it runs on one of them, and the primary on another or the same.
    pub fn watch_from(host: &Host, primary: &RedisServer, at: &Host, quorum: usize) -> Self {
        let watched = SocketAddrV4::new(at.address_among_hosts(), primary.port());
        let announced = format!("sentinel announce-ip {}\n", host.address_among_hosts());
        let second = Duration::from_secs(1);
        host.run(|| Self::start(Some(host), watched, quorum, second, |_| announced))
    }

    /// One that never finds out what it was not told.
    pub fn watch_blindly(primary: &RedisServer) -> Self {
        Self::start(None, loopback(primary.port()), 1, Duration::from_secs(3600), |_| String::new())
    }

    /// One that tells nobody without this password.
    pub fn watch_behind(primary: &RedisServer, password: &str) -> Self {
        let behind = format!("requirepass {password}\n");
        Self::start(None, loopback(primary.port()), 1, Duration::from_secs(1), |_| behind)
    }

    /// One that speaks TLS alone, also with the primary, which it finds on this port.
    pub fn watch_with_tls(primary: u16, own: &Issued, authority: &Authority) -> Self {
        let (certificate, key) = (own.certificate.display(), own.key.display());
        let authority = authority.certificate();
        Self::start(None, loopback(primary), 1, Duration::from_secs(1), |port| {
            format!(
                "port 0\ntls-port {port}\ntls-cert-file {certificate}\ntls-key-file {key}\n\
                 tls-ca-cert-file {}\ntls-auth-clients no\ntls-replication yes\n",
                authority.display()
            )
        })
    }

    /// With more settings, of which the last of a name counts, that may want to know the port.
    fn start(
        host: Option<&Host>,
        watched: SocketAddrV4,
        quorum: usize,
        down_after: Duration,
        more: impl FnOnce(u16) -> String,
    ) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let (port, name, file) = (free_port(), Self::NAME, directory.path().join("sentinel.conf"));
        let address = host.map_or(Ipv4Addr::LOCALHOST, Host::address);
        let among_hosts = host.map(|host| host.address_among_hosts().to_string()).unwrap_or_default();
        let settings = format!(
            "port {port}\nbind {address} {among_hosts}\nprotected-mode no\nlogfile sentinel.log\n\
             sentinel monitor {name} {} {} {quorum}\n\
             sentinel down-after-milliseconds {name} {}\n\
             sentinel failover-timeout {name} 5000\n{}",
            watched.ip(),
            watched.port(),
            down_after.as_millis(),
            more(port),
        );
        fs::write(&file, settings).expect("a settings file");
        let mut command = program();
        command.arg(&file).arg("--sentinel").arg("--dir").arg(directory.path());
        let process = start(command.stdin(Stdio::null()).stdout(Stdio::null()));
        let sentinel = Self { address, port, process, _directory: directory };
        let started = Instant::now();
        while TcpStream::connect((address, port)).is_err() {
            assert!(started.elapsed() < START_DEADLINE, "sentinel did not start");
            sleep(Duration::from_millis(5));
        }
        sentinel
    }

    /// Waits until it knows of so many replicas and other Sentinels.
    pub fn wait_until_it_knows(&self, replicas: usize, others: usize) {
        let started = Instant::now();
        loop {
            let known: Vec<Vec<String>> = ["REPLICAS", "SENTINELS"]
                .map(|whom| {
                    let listed: Vec<redis::Value> = self.run(&["SENTINEL", whom, Self::NAME]);
                    listed.iter().map(|one| format!("{one:?}")).collect()
                })
                .into();
            if (known[0].len(), known[1].len()) == (replicas, others) {
                return;
            }
            assert!(started.elapsed() < START_DEADLINE, "sentinel knows too few: {known:?}");
            sleep(Duration::from_millis(20));
        }
    }

    /// Its port, on the loopback interface unless it is on a host.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The port of the server that it says is the primary.
    pub fn primary(&self) -> u16 {
        let address: (String, u16) = self.run(&["SENTINEL", "GET-MASTER-ADDR-BY-NAME", Self::NAME]);
        address.1
    }

    /// The result of one command.
    pub fn run<T: FromRedisValue>(&self, words: &[&str]) -> T {
        let client = Client::open(format!("redis://{}:{}", self.address, self.port)).unwrap();
        let mut connection = client.get_connection().expect("a connection");
        redis::cmd(words[0]).arg(&words[1..]).query(&mut connection).expect("a result")
    }

    /// Stops it in its tracks.
    pub fn stop(&self) {
        kill_process(Pid::from_child(&self.process), Signal::STOP).expect("a sentinel to signal");
    }
}

fn loopback(port: u16) -> SocketAddrV4 {
    SocketAddrV4::new(Ipv4Addr::LOCALHOST, port)
}

impl Drop for Sentinel {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
