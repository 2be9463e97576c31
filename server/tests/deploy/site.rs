//! What `deploy/compose.yaml` starts, started as it says, with the files that it mounts, at addresses of this machine.

use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;
use session_testing::free_port;

use crate::compose::Compose;
use crate::machine::{Machine, PASSWORD, Server};
use crate::name_service::NameService;
use crate::settings::{PROGRAM, deployed};
use crate::yaml::texts;

const PATIENCE: Duration = Duration::from_secs(20);

/// The processes of a site are killed when it is dropped.
struct Site {
    machine: Machine,
    compose: Compose,
    redis_port: u16,
    server_port: u16,
    balancer_port: u16,
    processes: Vec<Child>,
}

impl Site {
    /// One with all that prepare.sh makes, and Alice.
    fn new() -> Self {
        let [redis_port, server_port, balancer_port] = [(); 3].map(|()| free_port());
        let (machine, compose) = (Machine::new(), Compose::read());
        let site = Self { machine, compose, redis_port, server_port, balancer_port, processes: vec![] };
        for directory in ["compose", "redis"] {
            fs::create_dir(site.machine.path(directory)).unwrap();
        }
        for file in ["prepare.sh", "haproxy.cfg", "redis.conf"] {
            fs::copy(deployed("compose").join(file), site.machine.path("compose").join(file)).unwrap();
        }
        site.prepare();
        let users = site.moved(&site.compose.environment("admin")["SESSION_USERS"]);
        let add = ["user", "add", "alice", "--password-stdin", "--users", &users];
        site.machine.enter(&add, PASSWORD).expect_success();
        site
    }

    fn prepare(&self) {
        let mut command = Command::new("sh");
        command.arg(self.machine.path("compose/prepare.sh")).arg(PROGRAM);
        command.env_clear().env("PATH", "/usr/bin:/bin");
        let output = command.output().unwrap();
        assert!(output.status.success(), "{output:?}");
    }

    /// What a file says of places in containers, and of other services, as it is here.
    fn moved(&self, text: &str) -> String {
        let here = |name: &str| self.machine.path(name).to_str().unwrap().to_owned();
        text.replace("/run/secrets", &here("compose/secrets"))
            .replace("/data/", &here("compose/data/"))
            .replace("dir /data", &format!("dir {}", here("redis")))
            .replace("/etc/redis.conf", &here("compose/redis.conf"))
            .replace("redis:6379", &format!("127.0.0.1:{}", self.redis_port))
            .replace("172.31.240.0/24", "127.0.0.1")
            .replace("bind :8080", &format!("bind 127.0.0.1:{}", self.balancer_port))
            .replace("session-server:8080", &format!("session-server:{}", self.server_port))
    }

    fn move_file(&self, name: &str) {
        fs::write(self.machine.path(name), self.moved(&self.machine.read(name))).unwrap();
    }

    fn start_redis(&mut self) {
        self.move_file("compose/redis.conf");
        let words = self.compose.service("redis")["command"].clone();
        let words = texts(&words);
        let program = std::env::var_os("REDIS_SERVER").unwrap_or_else(|| words[0].into());
        let mut command = Command::new(program);
        command.args(words[1..].iter().map(|word| self.moved(word)));
        command.args(["--port", &self.redis_port.to_string(), "--bind", "127.0.0.1"]);
        self.start(command, "redis.log", self.redis_port);
    }

    async fn start_server(&self, address: Ipv4Addr) -> Server {
        let service = self.compose.service("session-server");
        let mut command = self.machine.command(&texts(&service["command"]));
        for (name, value) in self.compose.environment("session-server") {
            command.env(name, self.moved(&value));
        }
        // In a container that is every address there is.
        command.env("SESSION_LISTEN", format!("{address}:{}", self.server_port)).stderr(self.machine.log());
        self.machine.start(command).await
    }

    fn start_balancer(&mut self, names: SocketAddr) {
        const FILE: &str = "compose/haproxy.cfg";
        self.move_file(FILE);
        let text = self.machine.read(FILE);
        assert!(text.contains("    parse-resolv-conf\n"));
        let text = text.replace("parse-resolv-conf", &format!("nameserver engine {names}"));
        fs::write(self.machine.path(FILE), text).unwrap();
        let mut command = Command::new("haproxy");
        command.arg("-db").arg("-f").arg(self.machine.path(FILE));
        self.start(command, "balancer.log", self.balancer_port);
    }

    /// Each with a log of its own: HAProxy writes over what others append.
    fn start(&mut self, mut command: Command, log: &str, port: u16) {
        let file = File::create(self.machine.path(log)).unwrap();
        command.stdin(Stdio::null()).stdout(file.try_clone().unwrap()).stderr(file);
        self.processes.push(command.spawn().unwrap());
        let began_at = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            assert!(began_at.elapsed() < PATIENCE, "{command:?}: {}", self.machine.read(log));
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        for process in &mut self.processes {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

#[test]
fn what_is_prepared_is_left_alone_when_it_is_prepared_again() {
    let site = Site::new();
    let files =
        ["compose/data/keys.json", "compose/secrets/redis-password", "compose/secrets/redis-users", ".env"];
    let read = || files.map(|file| site.machine.read(file));
    let before = read();
    site.prepare();
    assert_eq!(read(), before);
    assert_eq!(files.map(|file| site.machine.mode(file)), [0o600, 0o600, 0o444, 0o600]);
    assert!(!before[2].contains(before[1].trim()), "the password itself");
    assert!(before[3].starts_with("RUN_AS="));
}

#[test]
fn without_a_password_redis_says_that_it_is_well_and_nothing_else() {
    let mut site = Site::new();
    site.start_redis();
    let check = site.compose.service("redis")["healthcheck"]["test"].clone();
    let check = texts(&check);
    assert_eq!(check[..2], ["CMD", "redis-cli"]);
    let ask = |words: &[&str]| {
        let port = site.redis_port.to_string();
        let output = Command::new(check[1]).args(["-p", &port]).args(words).output().unwrap();
        (output.status.success(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
    };
    assert_eq!(ask(&check[2..]), (true, "PONG\n".to_owned()));
    for words in [["-e", "GET", "session:x"], ["-e", "CONFIG", "RESETSTAT"]] {
        let (is_done, told) = ask(&words);
        assert!(!is_done && told.contains("NOPERM"), "{told}");
    }
}

/// R37, R58, F36: three servers at one name, as an engine has them: they are found, the client is who it is,
/// one stops and nobody notices, and no server has anything to say against this Redis.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_balancer_finds_all_servers_and_a_stop_of_one_fails_no_request() {
    let mut site = Site::new();
    site.start_redis();
    let addresses = [2, 3, 4].map(|last| Ipv4Addr::new(127, 0, 0, last));
    assert_eq!(site.compose.service("session-server")["scale"], addresses.len());
    let mut servers = Vec::new();
    for address in addresses {
        servers.push(site.start_server(address).await);
    }
    let names = NameService::with(addresses.to_vec());
    site.start_balancer(names.address);
    let client = reqwest::Client::builder().local_address(Some([127, 0, 0, 9].into())).build().unwrap();
    let url = format!("http://127.0.0.1:{}", site.balancer_port);
    let began_at = Instant::now();
    while client.get(format!("{url}/readyz")).send().await.unwrap().status() != 204 {
        assert!(began_at.elapsed() < PATIENCE, "{}", site.machine.read("balancer.log"));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(names.asked().iter().all(|name| name == "session-server"), "{:?}", names.asked());

    let wrong = json!({ "username": "alice", "password": "canary of a wrong one" });
    let refused = client.post(format!("{url}/login")).json(&wrong).header("X-Forwarded-For", "6.6.6.6");
    assert_eq!(refused.header("Forwarded", "for=7.7.7.7").send().await.unwrap().status(), 401);
    let login = servers[0].log_in("alice").await;
    let cookie = format!("__Host-session={}", login.cookie);
    let stopping = tokio::spawn(servers.remove(0).terminate());
    let mut answers = 0;
    while !stopping.is_finished() || answers < 100 {
        let answer = client.get(format!("{url}/session")).header("Cookie", &cookie).send().await.unwrap();
        assert_eq!(answer.status(), 200, "after {answers}");
        answers += 1;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(stopping.await.unwrap().code(), Some(0));

    let log = site.machine.read("log");
    let warned: Vec<_> = log.lines().filter(|line| line.contains("\"WARN\"")).collect();
    assert!(warned.len() == 1 && warned[0].contains("login refused"), "{warned:?}");
    assert!(warned[0].contains("127.0.0.9"), "{warned:?}");
    let balanced = site.machine.read("balancer.log");
    for server in ["session-servers/s1 ", "session-servers/s2 ", "session-servers/s3 "] {
        assert!(balanced.contains(&format!("users {server}")), "no request by way of {server}: {balanced}");
    }
}
