//! Hosts of a test's own, that a network joins which can be cut: network namespaces, of which nothing is left
//! when the test has ended, however it ended.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::Ipv4Addr;
use std::os::fd::AsFd;
use std::process::{Child, Command, Stdio};

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

/// Hosts with two networks: one for their users, among whom is the test, and one that they have between them.
pub struct Hosts {
    users: Namespace,
    hosts: Vec<Host>,
}

/// One of them.
pub struct Host {
    number: u8,
    namespace: Namespace,
}

impl Hosts {
    /// So many, with whose users this thread is from now on, and all that it starts. It wants to be root, and a
    /// kernel that lets it.
    pub fn start(count: u8) -> Self {
        let users = Namespace::new();
        for network in ["front", "back"] {
            users.run(&format!("ip link add {network} type bridge"));
            users.run(&format!("ip link set {network} up"));
        }
        users.run(&format!("ip address add {}/24 dev front", address(FRONT, 0)));
        let hosts = (1..=count).map(|number| Host::join(number, &users)).collect();
        users.enter();
        Self { users, hosts }
    }

    /// The one with this index.
    pub fn host(&self, index: usize) -> &Host {
        &self.hosts[index]
    }

    /// Nothing passes between this one and the others any more, and nobody is told.
    pub fn cut(&self, host: &Host) {
        self.users.run(&format!("ip link set back{} down", host.number));
    }

    /// What was [cut](Self::cut) is joined again.
    pub fn join(&self, host: &Host) {
        self.users.run(&format!("ip link set back{} up", host.number));
    }
}

impl Host {
    fn join(number: u8, users: &Namespace) -> Self {
        let namespace = Namespace::new();
        for (network, name) in [(FRONT, "front"), (BACK, "back")] {
            let hub = users.keeper.id();
            namespace.run(&format!("ip link add {name} type veth peer name {name}{number} netns {hub}"));
            namespace.run(&format!("ip address add {}/24 dev {name}", address(network, number)));
            namespace.run(&format!("ip link set {name} up"));
            users.run(&format!("ip link set {name}{number} master {name}"));
            users.run(&format!("ip link set {name}{number} up"));
        }
        Self { number, namespace }
    }

    /// Where its users find it.
    pub fn address(&self) -> Ipv4Addr {
        address(FRONT, self.number)
    }

    /// Where the other hosts find it, unless it is cut off.
    pub fn address_among_hosts(&self) -> Ipv4Addr {
        address(BACK, self.number)
    }

    /// What this thread starts meanwhile runs here.
    pub fn run<T>(&self, start: impl FnOnce() -> T) -> T {
        let before = File::open("/proc/thread-self/ns/net").expect("the namespace of this thread");
        self.namespace.enter();
        let started = start();
        enter(&before);
        started
    }
}

/// Networks that are nobody else's in a namespace.
const FRONT: u8 = 1;
const BACK: u8 = 2;

fn address(network: u8, number: u8) -> Ipv4Addr {
    Ipv4Addr::new(10, 0, network, 100 + number)
}

/// A network namespace, which is there as long as its keeper.
struct Namespace {
    keeper: Child,
}

impl Namespace {
    fn new() -> Self {
        let mut command = Command::new("unshare");
        // It reads until its standard input ends, which it does with this process.
        command.args(["--net", "sh", "-c", "echo; exec cat"]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut keeper = command.spawn().expect("unshare: run `apt-get install util-linux`");
        let mut line = String::new();
        let output = keeper.stdout.take().expect("a pipe");
        BufReader::new(output).read_line(&mut line).expect("a line of the keeper");
        assert_eq!(line, "\n", "this machine allows no network namespaces, which want root");
        let namespace = Self { keeper };
        namespace.run("ip link set lo up");
        namespace
    }

    fn path(&self) -> String {
        format!("/proc/{}/ns/net", self.keeper.id())
    }

    /// Moves this thread into it.
    fn enter(&self) {
        enter(&File::open(self.path()).expect("a namespace"));
    }

    fn run(&self, line: &str) {
        let mut command = Command::new("nsenter");
        let status = command.arg(format!("--net={}", self.path())).args(line.split(' ')).status();
        let status = status.expect("nsenter: run `apt-get install util-linux iproute2`");
        assert!(status.success(), "`{line}`: {status}");
    }
}

fn enter(namespace: &File) {
    let kind = Some(LinkNameSpaceType::Network);
    move_into_link_name_space(namespace.as_fd(), kind).expect("to be let into a namespace");
}

impl Drop for Namespace {
    fn drop(&mut self) {
        let _ = self.keeper.kill();
        let _ = self.keeper.wait();
    }
}
