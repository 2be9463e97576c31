//! `deploy/compose.yaml`, without an engine: what it starts is started as it says, each service with the files that
//! are mounted for it, at addresses of this machine.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use session_testing::free_port;

use crate::machine::{Machine, PASSWORD, Server};
use crate::name_service::NameService;
use crate::settings::{PROGRAM, default_time, deployed, settings};
use crate::yaml::{documents, text, texts};

const PATIENCE: Duration = Duration::from_secs(20);

fn compose() -> Value {
    documents("compose.yaml").remove(0)
}

/// As an engine puts in what is not set: `${NAME:-default}` becomes the default.
fn interpolated(value: &str) -> &str {
    match value.split_once(":-") {
        Some((_, default)) if value.starts_with("${") => default.trim_end_matches('}'),
        _ => value,
    }
}

fn environment(service: &Value) -> Vec<(String, String)> {
    let variables = service["environment"].as_object().unwrap();
    variables.iter().map(|(name, value)| (name.clone(), interpolated(text(value)).to_owned())).collect()
}

fn variable(service: &Value, name: &str) -> String {
    environment(service).into_iter().find(|(known, _)| known == name).unwrap().1
}

fn seconds(value: &str) -> Duration {
    humantime::parse_duration(value).unwrap()
}

/// The value of a keyword of HAProxy's settings.
fn haproxy(keyword: &str) -> String {
    let file = fs::read_to_string(deployed("compose/haproxy.cfg")).unwrap();
    let value = file.lines().find_map(|line| line.trim().strip_prefix(keyword)).unwrap();
    value.split_whitespace().next().unwrap().to_owned()
}

#[test]
fn every_variable_is_a_setting_and_every_path_is_mounted() {
    let compose = compose();
    let known = settings();
    for name in ["session-server", "admin"] {
        let service = &compose["services"][name];
        let mounts = texts(&service["volumes"]);
        let mut mounted: Vec<_> =
            mounts.iter().map(|mount| mount.split(':').nth(1).unwrap().to_owned()).collect();
        for secret in texts(&service["secrets"]) {
            assert!(compose["secrets"][secret]["file"].is_string(), "{secret}");
            mounted.push(format!("/run/secrets/{secret}"));
        }
        for (variable, value) in environment(service) {
            assert!(known.values().any(|setting| setting.variable == variable), "{variable}");
            if value.starts_with('/') {
                assert!(
                    mounted.iter().any(|mount| value.starts_with(mount)),
                    "{variable}: {value} in {mounted:?}"
                );
            }
        }
    }
}

#[test]
fn a_server_that_stops_is_left_alone_until_it_has_drained() {
    let service = &compose()["services"]["session-server"];
    let delay = seconds(&variable(service, "SESSION_DRAIN_DELAY"));
    assert!(seconds(text(&service["stop_grace_period"])) > delay + default_time("drain-timeout"));
    // The last check that was good, as many that are not, and the patience with each.
    let word = |name: &str| {
        let file = fs::read_to_string(deployed("compose/haproxy.cfg")).unwrap();
        let words: Vec<_> = file.split_whitespace().map(str::to_owned).collect();
        words[words.iter().position(|word| word == name).unwrap() + 1].clone()
    };
    let noticed = seconds(&word("inter")) * word("fall").parse().unwrap() + seconds(&word("inter"));
    assert!(delay > noticed, "{delay:?}, {noticed:?}");
    assert!(seconds(&haproxy("timeout http-keep-alive")) < default_time("keep-alive"));
}

#[test]
fn servers_redis_and_balancer_know_each_other_by_the_names_and_ports_that_they_have() {
    let compose = compose();
    let services = &compose["services"];
    let server = &services["session-server"];
    let port = variable(server, "SESSION_LISTEN");
    let file = fs::read_to_string(deployed("compose/haproxy.cfg")).unwrap();
    let template = file.lines().find(|line| line.trim().starts_with("server-template")).unwrap();
    let words: Vec<_> = template.split_whitespace().collect();
    assert_eq!(words[3], format!("session-server{port}"));
    let slots: u64 = words[2].parse().unwrap();
    assert!(server["scale"].as_u64().unwrap() <= slots, "{slots}");

    let published: Vec<_> = text(&services["balancer"]["ports"][0]).rsplitn(3, ':').collect();
    assert_eq!(haproxy("bind"), format!(":{}", published[0]));
    let origin = variable(server, "SESSION_PUBLIC_ORIGIN");
    assert_eq!((origin, published[2]), (format!("http://localhost:{}", published[1]), "127.0.0.1"));

    // Whose headers are believed is who is on that network, and nobody but the balancer and servers is.
    let subnet = text(&compose["networks"]["front"]["ipam"]["config"][0]["subnet"]);
    assert_eq!(variable(server, "SESSION_TRUSTED_PROXIES"), subnet);
    let on_front = services.as_object().unwrap().iter();
    let on_front = on_front
        .filter(|(_, service)| service["networks"].as_array().is_some_and(|on| on.contains(&json!("front"))));
    assert_eq!(on_front.map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["balancer", "session-server"]);
    let store = variable(server, "SESSION_STORE");
    assert_eq!(store, "redis://sessions@redis:6379");
    assert_eq!(texts(&services["redis"]["networks"]), ["store"]);
}

#[test]
fn every_service_is_confined() {
    let compose = compose();
    for (name, service) in compose["services"].as_object().unwrap() {
        assert_eq!(service["read_only"], true, "{name}");
        assert_eq!(texts(&service["cap_drop"]), ["ALL"], "{name}");
        assert_eq!(texts(&service["security_opt"]), ["no-new-privileges:true"], "{name}");
        let mounts = service["volumes"].as_array().unwrap();
        let writable = mounts.iter().map(text).filter(|mount| !mount.ends_with(":ro")).collect::<Vec<_>>();
        let expected = match name.as_str() {
            "admin" => vec!["./compose/data:/data"],
            "redis" => vec!["redis:/data"],
            _ => vec![],
        };
        assert_eq!(writable, expected, "{name}");
        // Any file of the project that is mounted is there.
        for file in
            mounts.iter().map(text).filter(|mount| mount.starts_with("./") && !mount.contains("/data"))
        {
            assert!(deployed(file.split(':').next().unwrap()).is_file(), "{file}");
        }
    }
}

/// All services at addresses of this machine, with the files that prepare.sh makes.
struct Site {
    machine: Machine,
    compose: Value,
    ports: [u16; 3],
    processes: Vec<Child>,
}

impl Site {
    fn prepared() -> Self {
        let [redis, servers, balancer] = [(); 3].map(|()| free_port());
        let site = Self {
            machine: Machine::new(),
            compose: compose(),
            ports: [redis, servers, balancer],
            processes: vec![],
        };
        for file in ["prepare.sh", "haproxy.cfg", "redis.conf"] {
            fs::create_dir_all(site.machine.path("compose")).unwrap();
            fs::copy(deployed("compose").join(file), site.machine.path("compose").join(file)).unwrap();
        }
        fs::create_dir(site.machine.path("redis")).unwrap();
        site.prepare();
        site
    }

    fn prepare(&self) {
        let mut command = Command::new("sh");
        command
            .arg(self.machine.path("compose/prepare.sh"))
            .arg(PROGRAM)
            .env_clear()
            .env("PATH", "/usr/bin:/bin");
        for (name, value) in environment(&self.compose["services"]["admin"]) {
            command.env(name, self.moved(&value));
        }
        let output = command.output().unwrap();
        assert!(output.status.success(), "{output:?}");
    }

    /// What is at some place in a container is in the site's directory.
    fn moved(&self, value: &str) -> String {
        let here = |name: &str| self.machine.path(name).to_str().unwrap().to_owned();
        let [redis, ..] = self.ports;
        value
            .replace("/run/secrets", &here("compose/secrets"))
            .replace("/data/", &format!("{}/", here("compose/data")))
            .replace("/etc/redis.conf", &here("compose/redis.conf"))
            .replace("/usr/local/etc/haproxy/haproxy.cfg", &here("compose/haproxy.cfg"))
            .replace("@redis:6379", &format!("@127.0.0.1:{redis}"))
            .replace("172.31.240.0/24", "127.0.0.1")
    }

    fn start_redis(&mut self) {
        let words = texts(&self.compose["services"]["redis"]["command"]);
        assert_eq!(words[0], "redis-server");
        self.rewrite("compose/redis.conf", &[("dir /data", "dir REDIS")]);
        self.rewrite("compose/redis.conf", &[("REDIS", self.machine.path("redis").to_str().unwrap())]);
        let program = std::env::var_os("REDIS_SERVER").unwrap_or_else(|| words[0].into());
        let mut command = Command::new(program);
        command.args(words[1..].iter().map(|word| self.moved(word)));
        command.args(["--port", &self.ports[0].to_string(), "--bind", "127.0.0.1"]);
        self.spawn(command, self.ports[0]);
    }

    fn start_balancer(&mut self, names: SocketAddr) {
        let [_, servers, balancer] = self.ports;
        self.rewrite(
            "compose/haproxy.cfg",
            &[
                ("bind :8080", &format!("bind 127.0.0.1:{balancer}")),
                ("session-server:8080", &format!("session-server:{servers}")),
                ("parse-resolv-conf", &format!("nameserver engine {names}")),
            ],
        );
        let mut command = Command::new("haproxy");
        command.arg("-db").arg("-f").arg(self.machine.path("compose/haproxy.cfg"));
        self.spawn(command, balancer);
    }

    fn rewrite(&self, file: &str, moved: &[(&str, &str)]) {
        let mut text = self.moved(&self.machine.read(file));
        for (from, to) in moved {
            assert!(text.contains(from), "{from} in {file}");
            text = text.replace(from, to);
        }
        fs::write(self.machine.path(file), text).unwrap();
    }

    fn spawn(&mut self, mut command: Command, port: u16) {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(self.machine.log());
        self.processes.push(command.spawn().unwrap());
        let began_at = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            assert!(began_at.elapsed() < PATIENCE, "{command:?}: {}", self.machine.read("log"));
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    async fn start_server(&self, address: Ipv4Addr) -> Server {
        let service = &self.compose["services"]["session-server"];
        let mut command = self.machine.command(&texts(&service["command"]));
        for (name, value) in environment(service) {
            let value = if name == "SESSION_LISTEN" {
                format!("{address}:{}", self.ports[1])
            } else {
                self.moved(&value)
            };
            command.env(name, value);
        }
        command.stderr(self.machine.log());
        self.machine.start(command).await
    }

    fn add_alice(&self) {
        let users = self.moved(&variable(&self.compose["services"]["admin"], "SESSION_USERS"));
        self.machine
            .enter(&["user", "add", "alice", "--password-stdin", "--users", &users], PASSWORD)
            .expect_success();
    }

    /// By way of the balancer, from an address of the caller's own.
    fn http(&self, from: &str) -> (reqwest::Client, String) {
        let client = reqwest::Client::builder().local_address(Some(from.parse().unwrap())).build().unwrap();
        (client, format!("http://127.0.0.1:{}", self.ports[2]))
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
    let site = Site::prepared();
    let files = ["compose/data/keys.json", "compose/secrets/redis-password", "compose/secrets/redis-users"];
    let read = || files.map(|file| site.machine.read(file));
    let before = read();
    site.prepare();
    assert_eq!(read(), before);
    assert_eq!(files.map(|file| site.machine.mode(file)), [0o600, 0o600, 0o444]);
    assert!(!before[2].contains(before[1].trim()), "the password itself");
    assert!(site.machine.read(".env").starts_with("RUN_AS="));
}

/// What compose.yaml starts, with what it mounts: logins by way of the balancer, as the client that it names, while
/// a server stops; and Redis as it is recommended.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_site_serves_as_it_is_written() {
    let mut site = Site::prepared();
    site.add_alice();
    site.start_redis();
    let addresses = [2, 3, 4].map(|last| Ipv4Addr::new(127, 0, 0, last));
    assert!(addresses.iter().all(|address| TcpListener::bind((*address, site.ports[1])).is_ok()));
    let mut servers = Vec::new();
    for address in addresses {
        servers.push(site.start_server(address).await);
    }
    assert_eq!(servers.len() as u64, site.compose["services"]["session-server"]["scale"].as_u64().unwrap());
    let names = NameService::with(addresses.to_vec());
    site.start_balancer(names.address);
    let (http, url) = site.http("127.0.0.9");
    let began_at = Instant::now();
    while http.get(format!("{url}/readyz")).send().await.unwrap().status() != 204 {
        assert!(began_at.elapsed() < PATIENCE, "{}", site.machine.read("log"));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(names.asked().iter().all(|name| name == "session-server"), "{:?}", names.asked());

    let wrong = json!({ "username": "alice", "password": "canary of a wrong one" });
    let spoofed = http
        .post(format!("{url}/login"))
        .json(&wrong)
        .header("X-Forwarded-For", "6.6.6.6")
        .header("Forwarded", "for=7.7.7.7");
    assert_eq!(spoofed.send().await.unwrap().status(), 401);
    let login = servers[0].log_in("alice").await;
    let status = async || {
        let request =
            http.get(format!("{url}/session")).header("Cookie", format!("__Host-session={}", login.cookie));
        request.send().await.unwrap().status()
    };
    // One drains and ends, and nobody notices.
    let stopping = tokio::spawn(servers.remove(0).terminate());
    let mut answers = 0;
    while !stopping.is_finished() || answers < 100 {
        assert_eq!(status().await, 200, "{answers}");
        answers += 1;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(stopping.await.unwrap().code(), Some(0));

    let log = site.machine.read("log");
    let refused = log.lines().find(|line| line.contains("login refused")).unwrap();
    assert!(
        refused.contains("127.0.0.9") && !log.contains("6.6.6.6") && !log.contains("7.7.7.7"),
        "{refused}"
    );
    let warned: Vec<_> = log.lines().filter(|line| line.contains("\"WARN\"") && *line != refused).collect();
    assert!(warned.is_empty(), "Redis is not as recommended? {warned:?}");
}

#[test]
fn without_a_password_redis_says_that_it_is_well_and_nothing_else() {
    let mut site = Site::prepared();
    site.start_redis();
    let port = site.ports[0].to_string();
    let service = &site.compose["services"]["redis"];
    let check = texts(&service["healthcheck"]["test"]);
    assert_eq!(check[..2], ["CMD", "redis-cli"]);
    let ask = |words: &[&str]| {
        let output = Command::new(check[1]).args(["-p", &port]).args(words).output().unwrap();
        (
            output.status.success(),
            String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap(),
        )
    };
    assert_eq!(ask(&check[2..]), (true, "PONG\n".to_owned()));
    let (is_good, told) = ask(&["-e", "GET", "session:x"]);
    assert!(!is_good && told.contains("NOPERM"), "{told}");
}
