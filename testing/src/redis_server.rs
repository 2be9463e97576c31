//! A real redis-server of a test's own, on a free port of the loopback interface or of a host.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::ErrorKind;
use std::net::Ipv4Addr;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use redis::{Client, Connection, FromRedisValue, IntoConnectionInfo, RedisResult};
use rustix::process::{Pid, Signal, kill_process};
use session_core::UnixTime;
use tempfile::TempDir;

use crate::certificates::{Authority, Issued};
use crate::held_disk::HeldDisk;
use crate::hosts::Host;
use crate::ports::free_port;

/// Names the program to test with in place of `redis-server`.
const PROGRAM: &str = "REDIS_SERVER";

/// What connections of a store ask for by themselves, at their beginning and then now and then, and what a test asks
/// to see what there is.
const OF_NO_REQUEST: [&str; 7] =
    ["client|setinfo", "client|tracking", "dbsize", "exists", "hello", "info", "time"];

/// As [`RedisServer::requested_since`] would have it.
pub fn calls<const N: usize>(expected: [(&str, u64); N]) -> BTreeMap<String, u64> {
    expected.map(|(name, calls)| (name.to_owned(), calls)).into()
}

/// How long a server may take to answer its first command on a busy machine.
const START_DEADLINE: Duration = Duration::from_secs(20);

/// A server that is killed when it is dropped.
pub struct RedisServer {
    address: Ipv4Addr,
    port: u16,
    flags: Vec<String>,
    directory: TempDir,
    clock: Option<StandingClock>,
    disk: Option<HeldDisk>,
    process: Child,
}

impl RedisServer {
    /// Flags of a server that hands each change to the kernel before it answers, so that what it answered
    /// survives its being killed, and that waits for no disk, however slow. Of its own accord it asks the disk
    /// once a second, and while that takes long it answers for up to two seconds what it has in its memory
    /// alone.
    pub const DURABLE: [&str; 4] = ["--appendonly", "yes", "--appendfsync", "no"];

    /// A server with Redis' own defaults, nothing on the disk, and these flags.
    pub fn start(flags: &[&str]) -> Self {
        Self::start_with(flags, None)
    }

    /// A server that survives being killed.
    pub fn start_durable() -> Self {
        Self::start(&Self::DURABLE)
    }

    /// A server whose disk hangs while the test [holds](Self::hold_disk) it.
    pub fn start_on_held_disk(flags: &[&str]) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let disk = HeldDisk::new(directory.path());
        Self::start_in(directory, Ipv4Addr::LOCALHOST, free_port(), flags, None, Some(disk))
    }

    /// A server whose wall clock stands until the test moves it.
    pub fn start_at(now: UnixTime, flags: &[&str]) -> Self {
        Self::start_with(flags, Some(now))
    }

    /// A replica of another, once it has what that one has.
    pub fn start_replica_of(primary: &Self) -> Self {
        let replica = Self::start(&["--replicaof", "127.0.0.1", &primary.port.to_string()]);
        let started = Instant::now();
        while !replica.run::<String>(&["INFO", "replication"]).contains("master_link_status:up") {
            assert!(started.elapsed() < START_DEADLINE, "no replication:\n{}", replica.log());
            sleep(Duration::from_millis(5));
        }
        replica
    }

    /// A server that listens with TLS as well, on a port of its own, and takes there, where `clients` is
    /// given, only those who have a certificate of that authority.
    pub fn start_with_tls(own: &Issued, clients: Option<&Authority>) -> (Self, u16) {
        let (port, clients) = (free_port(), clients.map(Authority::certificate));
        let flags = own.flags(port, clients.as_deref());
        let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
        (Self::start(&flags), port)
    }

    /// A cluster of this one node, which listens with TLS on a port of its own.
    pub fn start_cluster_with_tls(own: &Issued) -> (Self, u16) {
        let (port, bus) = (free_port(), free_port().to_string());
        let mut flags = own.flags(port, None);
        // Of two ports a node tells that of its bus's kind.
        let cluster = ["--cluster-enabled", "yes", "--cluster-port", &bus, "--tls-cluster", "yes"];
        flags.extend(cluster.map(str::to_owned));
        let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
        let server = Self::start(&flags);
        let _: String = server.run(&["CLUSTER", "ADDSLOTSRANGE", "0", "16383"]);
        (server, port)
    }

    /// A server on a host, for that host's users and for other hosts; it cannot be restarted.
    pub fn start_on(host: &Host, flags: &[&str]) -> Self {
        Self::start_on_port(host, free_port(), flags)
    }

    /// A replica on one host of a server on another, at the same port.
    pub fn start_replica_on(host: &Host, primary: &Self, at: &Host) -> Self {
        let (address, port) = (at.address_among_hosts().to_string(), primary.port.to_string());
        let replica = Self::start_on_port(host, primary.port, &["--replicaof", &address, &port]);
        primary.wait_for_replicas(1);
        replica
    }

    fn start_on_port(host: &Host, port: u16, flags: &[&str]) -> Self {
        let [address, among_hosts] = [host.address(), host.address_among_hosts()];
        let (here, there) = (address.to_string(), among_hosts.to_string());
        let bind = ["--bind", &here, &there, "--replica-announce-ip", &there, "--protected-mode", "no"];
        host.run(|| Self::start_at_address(address, port, &[&bind, flags].concat(), None))
    }

    pub(crate) fn start_with(flags: &[&str], now: Option<UnixTime>) -> Self {
        Self::start_at_address(Ipv4Addr::LOCALHOST, free_port(), flags, now)
    }

    fn start_at_address(address: Ipv4Addr, port: u16, flags: &[&str], now: Option<UnixTime>) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let clock = now.map(|now| StandingClock::at(now, directory.path()));
        Self::start_in(directory, address, port, flags, clock, None)
    }

    fn start_in(
        directory: TempDir,
        address: Ipv4Addr,
        port: u16,
        flags: &[&str],
        clock: Option<StandingClock>,
        disk: Option<HeldDisk>,
    ) -> Self {
        let flags: Vec<_> = flags.iter().copied().map(str::to_owned).collect();
        let process = spawn(port, &flags, directory.path(), clock.as_ref(), disk.as_ref());
        let mut server = Self { address, port, flags, directory, clock, disk, process };
        server.wait_until_it_answers();
        server
    }

    /// Adds a user with a password and these rules, who is still there after a restart.
    pub fn add_user(&self, name: &str, rules: &str) {
        let mut command = vec!["ACL", "SETUSER", name, "reset", "on", ">canary-of-redis"];
        command.extend(rules.split(' '));
        let _: String = self.run(&command);
        let _: String = self.run(&["ACL", "SAVE"]);
    }

    /// Where it is for a user that was [added](Self::add_user).
    pub fn url_for(&self, name: &str) -> String {
        format!("redis://{name}:canary-of-redis@{}:{}", self.address, self.port)
    }

    /// Where it is, as a store is told.
    pub fn url(&self) -> String {
        format!("redis://{}:{}", self.address, self.port)
    }

    /// Its port, on the loopback interface unless it is on a host.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        self.process.kill().expect("a server to kill");
        self.process.wait().expect("a dead server");
    }

    /// Starts it again on the same port, with what is in its directory. Does not wait for it.
    pub fn restart(&mut self) {
        self.kill();
        assert!(self.address.is_loopback(), "one on a host cannot be restarted");
        let (clock, disk) = (self.clock.as_ref(), self.disk.as_ref());
        self.process = spawn(self.port, &self.flags, self.directory.path(), clock, disk);
    }

    /// From now on its disk confirms nothing.
    pub fn hold_disk(&self) {
        self.disk.as_ref().expect("a server on a held disk").hold();
    }

    /// Its disk goes on.
    pub fn release_disk(&self) {
        self.disk.as_ref().expect("a server on a held disk").release();
    }

    /// Stops it in its tracks: it answers nothing, while the kernel still accepts connections.
    pub fn stop(&self) {
        self.signal(Signal::STOP);
    }

    /// Lets it go on after [`stop`](Self::stop).
    pub fn resume(&self) {
        self.signal(Signal::CONT);
    }

    fn signal(&self, signal: Signal) {
        let pid = Pid::from_child(&self.process);
        kill_process(pid, signal).expect("a server to signal");
    }

    /// Waits until so many replicas have all that was written so far. `WAIT` would wait for what its own
    /// connection wrote, which is nothing.
    pub fn wait_for_replicas(&self, count: usize) {
        let replication = || self.run::<String>(&["INFO", "replication"]);
        let number = |text: &str, name: &str| {
            text.split(['\r', '\n', ',']).find_map(|part| part.strip_prefix(name)?.parse::<u64>().ok())
        };
        let written = number(&replication(), "master_repl_offset:").expect("an offset");
        let started = Instant::now();
        let has_all = |line: &&str| {
            line.starts_with("slave") && number(line, "offset=").is_some_and(|offset| offset >= written)
        };
        while replication().lines().filter(has_all).count() < count {
            assert!(started.elapsed() < START_DEADLINE, "replicas are behind: {}", replication());
            sleep(Duration::from_millis(5));
        }
    }

    /// Moves the wall clock of a server that was [started at](Self::start_at) a time.
    pub fn set_clock(&self, now: UnixTime) {
        self.clock.as_ref().expect("a server with a standing clock").set(now);
        // It looks at the clock now and then, and goes by what it saw.
        let seen = format!("server_time_usec:{now}");
        let started = Instant::now();
        while !self.run::<String>(&["INFO", "server"]).contains(&seen) {
            assert!(started.elapsed() < START_DEADLINE, "the server does not see the clock");
            sleep(Duration::from_millis(1));
        }
    }

    /// A connection that blocks, for what a test does behind the store's back.
    pub fn connect(&self) -> Connection {
        self.client().get_connection().expect("a connection")
    }

    /// One that asks nothing of its own accord.
    fn client(&self) -> Client {
        let info = self.url().into_connection_info().unwrap();
        let redis = info.redis_settings().clone().set_skip_set_lib_name();
        Client::open(info.set_redis_settings(redis)).unwrap()
    }

    /// The result of one command.
    pub fn run<T: FromRedisValue>(&self, words: &[&str]) -> T {
        self.try_run(words).expect("a result")
    }

    /// The same of one that may cut everybody off at any time, as Sentinel has those do that it demotes.
    pub fn try_run<T: FromRedisValue>(&self, words: &[&str]) -> RedisResult<T> {
        redis::cmd(words[0]).arg(&words[1..]).query(&mut self.client().get_connection()?)
    }

    /// How often each command was called, by its name in lower case.
    pub fn commandstats(&self) -> BTreeMap<String, u64> {
        let info: String = self.run(&["INFO", "commandstats"]);
        info.lines().filter_map(parse_commandstat).collect()
    }

    /// How often each was called since there were these [`commandstats`](Self::commandstats), but for what no
    /// request asks for.
    pub fn requested_since(&self, before: &BTreeMap<String, u64>) -> BTreeMap<String, u64> {
        let mut calls = self.commandstats();
        calls.iter_mut().for_each(|(name, calls)| *calls -= before.get(name).copied().unwrap_or_default());
        calls.retain(|name, calls| *calls > 0 && !OF_NO_REQUEST.contains(&name.as_str()));
        calls
    }

    /// Puts a directory where the server wants to write a file of this name.
    pub fn obstruct(&self, file: &str) {
        fs::create_dir(self.directory.path().join(file)).expect("a directory");
    }

    /// Waits until it has loaded what is on its disk.
    pub fn wait_until_it_answers(&mut self) {
        let started = Instant::now();
        let client = self.client();
        let ping = || redis::cmd("PING").query::<String>(&mut client.get_connection()?);
        while ping().is_err() {
            let is_running = self.process.try_wait().expect("its state").is_none();
            assert!(
                is_running && started.elapsed() < START_DEADLINE,
                "redis-server did not start:\n{}",
                self.log()
            );
            sleep(Duration::from_millis(5));
        }
    }

    fn log(&self) -> String {
        fs::read_to_string(self.directory.path().join("redis.log")).unwrap_or_default()
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.kill();
    }
}

fn spawn(
    port: u16,
    flags: &[String],
    directory: &Path,
    clock: Option<&StandingClock>,
    disk: Option<&HeldDisk>,
) -> Child {
    let mut command = program();
    command.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", ""]);
    // Whoever replicates need not wait for others who may want to.
    command.args(["--repl-diskless-sync-delay", "0"]);
    command.args(["--logfile", "redis.log", "--dir"]).arg(directory).args(flags);
    let users = directory.join("users.acl");
    if !users.exists() {
        File::create(&users).expect("a file for users");
    }
    command.arg("--aclfile").arg(users);
    command.stdin(Stdio::null()).stdout(Stdio::null());
    if let Some(clock) = clock {
        command.env("LD_PRELOAD", StandingClock::library()).env("STANDING_CLOCK", &clock.path);
    }
    if let Some(disk) = disk {
        disk.put_before(&mut command);
    }
    start(&mut command)
}

pub(crate) fn program() -> Command {
    Command::new(std::env::var_os(PROGRAM).unwrap_or_else(|| "redis-server".into()))
}

pub(crate) fn start(command: &mut Command) -> Child {
    match command.spawn() {
        Ok(process) => process,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            panic!("redis-server is not installed: run `apt-get install redis-server`")
        }
        Err(error) => panic!("redis-server cannot be started: {error}"),
    }
}

/// `cmdstat_get:calls=3,usec=…` → `("get", 3)`.
fn parse_commandstat(line: &str) -> Option<(String, u64)> {
    let (name, figures) = line.strip_prefix("cmdstat_")?.split_once(':')?;
    let calls = figures.strip_prefix("calls=")?.split(',').next()?;
    Some((name.to_lowercase(), calls.parse().ok()?))
}

/// The wall clock of one server: a file that `standing_clock.c` reads.
struct StandingClock {
    path: PathBuf,
    file: File,
}

impl StandingClock {
    fn at(now: UnixTime, directory: &Path) -> Self {
        let path = directory.join("clock");
        let clock = Self { file: File::create(&path).expect("a file for the clock"), path };
        clock.set(now);
        clock
    }

    fn set(&self, now: UnixTime) {
        self.file.write_all_at(&now.as_secs().to_ne_bytes(), 0).expect("a moved clock");
    }

    /// Compiled by the build script.
    fn library() -> &'static Path {
        Path::new(concat!(env!("OUT_DIR"), "/standing_clock.so"))
    }
}
