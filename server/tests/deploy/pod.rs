//! The server with what a kubelet gives a pod of `deploy/kubernetes/`.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::os::unix::process::CommandExt;
use std::process::Command;

use serde_json::Value;
use session_engine::UsersFile;
use session_testing::RedisServer;

use crate::kubernetes::{container, manifest, mount, pod, settings_file, volume};
use crate::log::until_logged;
use crate::machine::{Machine, PASSWORD, Server};
use crate::settings::{PROGRAM, settings};
use crate::yaml::{text, texts};

/// Both volumes, and a Redis.
struct Pod {
    machine: Machine,
    redis: RedisServer,
}

impl Pod {
    fn new() -> Self {
        let pod = Self { machine: Machine::new(), redis: RedisServer::start(&[]) };
        let machine = &pod.machine;
        machine.run(&["keys", "new"]).expect_success();
        machine.enter(&["user", "add", "alice", "--password-stdin"], PASSWORD).expect_success();
        // Where the pod's user reaches it.
        fs::copy(PROGRAM, machine.path("session-server")).unwrap();
        machine.set_mode("", 0o755);
        for directory in ["secrets", "settings"] {
            fs::create_dir(machine.path(directory)).unwrap();
        }
        machine.write("settings/settings.toml", &pod.moved(&settings_file().text));
        machine.set_mode("settings/settings.toml", 0o644);
        pod.mount_secrets("..2026_11_29_10_00_00.1");
        pod
    }

    /// What is mounted is in this directory, and Redis, which has no passwords, at another port.
    fn moved(&self, settings: &str) -> String {
        let secrets = self.machine.path("secrets");
        settings
            .replace(&mount("secrets"), secrets.to_str().unwrap())
            .replace("redis-password-file =", "# redis-password-file =")
            .replace("sessions@redis:6379", &format!("127.0.0.1:{}", self.redis.port()))
            .replace("\":8080\"", "\"127.0.0.1:0\"")
    }

    /// As a kubelet's atomic writer does it: a directory for each state of the Secret, the link `..data` that leads to
    /// the latest, and by way of that one a link for each file.
    fn mount_secrets(&self, state: &str) {
        let at = |name: &str| self.machine.path("secrets").join(name);
        fs::create_dir(at(state)).unwrap();
        let mode = volume("secrets")["secret"]["defaultMode"].as_u64().unwrap();
        for name in ["keys.json", "users"] {
            let file = at(state).join(name);
            fs::write(&file, self.machine.read(&format!("session-data/{name}"))).unwrap();
            fs::set_permissions(&file, PermissionsExt::from_mode(mode.try_into().unwrap())).unwrap();
            // Whoever else runs the tests can give nothing away.
            if is_root() {
                chown(&file, Some(0), Some(id("fsGroup"))).unwrap();
            }
            let _ = symlink(format!("..data/{name}"), at(name));
        }
        symlink(state, at("..data_tmp")).unwrap();
        fs::rename(at("..data_tmp"), at("..data")).unwrap();
    }

    /// With the container's arguments, as its user, and with these variables.
    async fn serve(&self, variables: &[(String, String)]) -> Server {
        let settings = self.machine.path("settings");
        let words = container()["args"].clone();
        let moved = |word: &str| word.replace(&mount("settings"), settings.to_str().unwrap());
        let mut command = Command::new(self.machine.path("session-server"));
        command.args(texts(&words).into_iter().map(moved)).current_dir("/").env_clear();
        command.envs(variables.iter().cloned()).stderr(self.machine.log());
        if is_root() {
            command.uid(id("runAsUser")).gid(id("runAsGroup"));
        }
        self.machine.start(command).await
    }
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

fn id(name: &str) -> u32 {
    pod()["securityContext"][name].as_u64().unwrap().try_into().unwrap()
}

/// R64: with the owner, group and mode that the manifest gives them, and no warning.
#[tokio::test]
async fn secrets_are_read_as_a_kubelet_mounts_them_and_again_when_it_replaces_them() {
    let pod = Pod::new();
    let server = pod.serve(&[]).await;
    let login = server.log_in("alice").await;
    let log = pod.machine.read("log");
    let warned: Vec<_> = log.lines().filter(|line| line.contains("\"WARN\"")).collect();
    // That Redis has no append-only file, and nothing of a file that others could read.
    assert!(warned.iter().all(|line| line.contains("session_engine::store::redis")), "{warned:?}");

    pod.machine.run(&["keys", "add", "cookie"]).expect_success();
    pod.machine.run(&["keys", "activate", "cookie", "c2"]).expect_success();
    pod.machine.enter(&["user", "add", "bob", "--password-stdin"], PASSWORD).expect_success();
    pod.mount_secrets("..2026_11_29_10_01_00.2");
    // The server looks for changed users by itself too, and may have done so just before.
    tokio::time::sleep(UsersFile::SEEN_WITHIN).await;
    server.log_in("bob").await;
    until_logged(&pod.machine, "key ring is read again").await;
    let newest = server.log_in("bob").await;
    for (login, key) in [(&login, "c1"), (&newest, "c2")] {
        assert_eq!(server.status_of(login).await, 200);
        let told = pod.machine.enter(&["explain"], &login.cookie).expect_success();
        assert!(told.contains(&format!("key          {key}\n")), "{told}");
    }
}

/// What Kubernetes sets in each pod for a Service, unless `enableServiceLinks` is off.
fn service_links(name: &str, port: &Value) -> Vec<(String, String)> {
    let (name, host) = (name.to_uppercase().replace('-', "_"), "10.96.0.7");
    let (number, label) = (&port["port"], text(&port["name"]).to_uppercase());
    let address = format!("tcp://{host}:{number}");
    let links = [
        ("SERVICE_HOST".to_owned(), host.to_owned()),
        ("SERVICE_PORT".to_owned(), number.to_string()),
        (format!("SERVICE_PORT_{label}"), number.to_string()),
        ("PORT".to_owned(), address.clone()),
        (format!("PORT_{number}_TCP"), address),
        (format!("PORT_{number}_TCP_PROTO"), "tcp".to_owned()),
        (format!("PORT_{number}_TCP_PORT"), number.to_string()),
        (format!("PORT_{number}_TCP_ADDR"), host.to_owned()),
    ];
    links.into_iter().map(|(link, value)| (format!("{name}_{link}"), value)).collect()
}

/// R63: the manifest turns them off; and where somebody turns them on, the server starts all the same.
#[tokio::test]
async fn service_links_are_off_and_would_be_warned_of() {
    assert_eq!(pod()["enableServiceLinks"], false);
    let service = manifest("service");
    let port = &service["spec"]["ports"][0];
    let names = [text(&service["metadata"]["name"]), "session"];
    let links: Vec<_> = names.iter().flat_map(|name| service_links(name, port)).collect();
    assert!(links.contains(&("SESSION_PORT".to_owned(), "tcp://10.96.0.7:80".to_owned())), "{links:?}");
    let known = settings();
    for (variable, _) in &links {
        assert!(known.values().all(|setting| setting.variable != *variable), "{variable}");
    }
    let pod = Pod::new();
    let server = pod.serve(&links).await;
    server.log_in("alice").await;
    let log = pod.machine.read("log");
    for (variable, _) in &links {
        assert!(
            log.contains(&format!("environment variable `{variable}` is not a setting")),
            "{variable}: {log}"
        );
    }
}
