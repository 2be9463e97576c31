//! F35: the name of Redis comes to mean another server, as that of a managed primary does.

use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use session_testing::{Host, Hosts, RedisServer};
use tokio::runtime::Runtime;
use tokio::time::sleep;

use crate::machine::{Login, Machine, PASSWORD, Server};

const NAME: &str = "primary.cache.example";

/// After no more than so long a connection is replaced, however well it does.
const MAX_AGE: Duration = Duration::from_secs(360);

/// F35, R53: the name is asked for again with each connection.
#[test]
#[ignore = "wants network namespaces: cargo xtask test faults"]
fn a_primary_that_is_demoted_is_left_for_whom_the_name_means_now() {
    World::start(|world, runtime| {
        let login = runtime.block_on(world.server.log_in("alice"));
        world.first.wait_for_replicas(1);
        let _: String = world.second.run(&["REPLICAOF", "NO", "ONE"]);
        let address = world.hosts.host(1).address_among_hosts().to_string();
        let port = world.second.port().to_string();
        let _: String = world.first.run(&["REPLICAOF", &address, &port]);
        world.let_name_mean(world.hosts.host(1));
        runtime.block_on(world.until_login_on(&world.second, Duration::from_secs(5)));
        assert_eq!(runtime.block_on(world.server.status_of(&login)), 200);
    });
}

/// F35, R53: and no connection is kept for longer than six minutes.
#[test]
#[ignore = "takes six minutes: cargo xtask test faults"]
fn a_primary_that_serves_on_is_left_when_its_connection_is_old() {
    World::start(|world, runtime| {
        let _: String = world.second.run(&["REPLICAOF", "NO", "ONE"]);
        world.let_name_mean(world.hosts.host(1));
        // Nobody takes a connection away that does well.
        runtime.block_on(world.server.log_in("alice"));
        assert_eq!(world.second.run::<u32>(&["DBSIZE"]), 0);
        runtime.block_on(world.until_login_on(&world.second, MAX_AGE + Duration::from_secs(20)));
    });
}

/// Two that listen on the same port of two hosts, and a server on a third, where the name means the first.
struct World {
    hosts: Hosts,
    first: RedisServer,
    second: RedisServer,
    server: Server,
    names: PathBuf,
    _machine: Machine,
}

impl World {
    fn start(test: impl FnOnce(&Self, &Runtime)) {
        let hosts = Hosts::start(3);
        let runtime = Runtime::new().unwrap();
        let first = RedisServer::start_on(hosts.host(0), &[]);
        let second = RedisServer::start_replica_on(hosts.host(1), &first, hosts.host(0));
        let machine = Machine::with_alice();
        let names = machine.path("hosts");
        write_names(&names, hosts.host(0));
        let listen = format!("{}:8080", hosts.host(2).address());
        let store = format!("redis://{NAME}:{}", first.port());
        let flags = ["--listen", &listen, "--store", &store];
        let serve = machine.serve_with(&flags, |command| {
            *command = with_names(command, &names, &machine.path("log"));
        });
        let server = hosts.host(2).run(|| runtime.block_on(serve));
        test(&Self { hosts, first, second, server, names, _machine: machine }, &runtime);
    }

    fn let_name_mean(&self, host: &Host) {
        write_names(&self.names, host);
    }

    /// Waits until a login makes a session there.
    async fn until_login_on(&self, redis: &RedisServer, patience: Duration) {
        let (began_at, mut pause) = (Instant::now(), Duration::from_millis(50));
        let is_there = |login: &Login| redis.run(&["EXISTS", &format!("session:{}", login.session_id())]);
        while !self.server.try_log_in("alice", PASSWORD).await.is_ok_and(|login| is_there(&login)) {
            assert!(began_at.elapsed() < patience, "no session there after {patience:?}");
            sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(4));
        }
        println!("after {:?}", began_at.elapsed());
    }
}

/// In place, since it is this very file that is mounted.
fn write_names(path: &Path, host: &Host) {
    fs::write(path, format!("{} {NAME}\n", host.address_among_hosts())).unwrap();
}

/// A command for which the file at `names` is what names mean.
fn with_names(command: &Command, names: &Path, log: &Path) -> Command {
    let mut unshared = Command::new("unshare");
    let script = "mount --bind \"$0\" /etc/hosts && exec \"$@\"";
    unshared
        .args(["--mount", "sh", "-c", script])
        .arg(names)
        .arg(command.get_program())
        .args(command.get_args());
    unshared.current_dir(command.get_current_dir().unwrap());
    // The tools of the script are looked for as ever, which the environment says nothing else of.
    unshared.env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
    unshared.stderr(OpenOptions::new().append(true).open(log).unwrap());
    unshared
}
