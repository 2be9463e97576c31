//! `deploy/kubernetes/`, without a cluster: what the manifests say to each other and to the server, and the server
//! itself with what a kubelet gives it.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt, chown, symlink};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use session_testing::RedisServer;

use crate::log::until_logged;
use crate::machine::{Machine, PASSWORD, Server};
use crate::settings::{PROGRAM, default_time, deployed, settings};
use crate::yaml::{documents, text, texts, with};

fn manifest(name: &str) -> Value {
    documents(&format!("kubernetes/{name}.yaml")).remove(0)
}

fn pod() -> Value {
    manifest("deployment")["spec"]["template"]["spec"].clone()
}

fn container() -> Value {
    pod()["containers"][0].clone()
}

fn toml_text() -> String {
    fs::read_to_string(deployed("kubernetes/settings.toml")).unwrap()
}

fn toml() -> toml::Table {
    toml_text().parse().unwrap()
}

fn mount(name: &str) -> String {
    text(&with(&container()["volumeMounts"], "name", name)["mountPath"]).to_owned()
}

#[test]
fn every_manifest_is_applied() {
    let listed = documents("kubernetes/kustomization.yaml").remove(0);
    let listed: BTreeSet<_> = texts(&listed["resources"]).into_iter().map(str::to_owned).collect();
    let files = fs::read_dir(deployed("kubernetes")).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    let names: BTreeSet<_> =
        names.filter(|name| name.ends_with(".yaml") && name != "kustomization.yaml").collect();
    assert_eq!(listed, names);
}

#[test]
fn the_settings_are_the_servers_and_every_file_they_name_is_mounted() {
    let known = settings();
    let secrets = mount("secrets");
    let readme = fs::read_to_string(deployed("README.md")).unwrap();
    for (name, value) in toml() {
        assert!(known.contains_key(&name), "{name}");
        let Some(file) = value.as_str().filter(|value| value.starts_with('/')) else { continue };
        let file = file.strip_prefix(&format!("{secrets}/")).unwrap_or_else(|| panic!("{name}: {file}"));
        assert!(readme.contains(&format!("--from-file={file}")), "{file}");
    }
    let volume = |name: &str| with(&pod()["volumes"], "name", name).clone();
    let config_map = text(&volume("settings")["configMap"]["name"]).to_owned();
    let generated = &documents("kubernetes/kustomization.yaml")[0]["configMapGenerator"][0];
    assert_eq!(
        (text(&generated["name"]), texts(&generated["files"])),
        (config_map.as_str(), vec!["settings.toml"])
    );
    let path = format!("{}/settings.toml", mount("settings"));
    assert_eq!(texts(&container()["args"]), ["serve", "--config", &path]);
    let secret = text(&volume("secrets")["secret"]["secretName"]).to_owned();
    assert!(readme.contains(&format!("create secret generic {secret} ")), "{secret}");
}

#[test]
fn every_port_and_name_is_the_one_that_another_manifest_has() {
    let port = with(&container()["ports"], "name", "http")["containerPort"].clone();
    assert_eq!(toml()["listen"].as_str().unwrap(), format!(":{port}"));
    for probe in ["startupProbe", "livenessProbe", "readinessProbe"] {
        assert_eq!(container()[probe]["httpGet"]["port"], "http", "{probe}");
    }
    let (service, ingress, policy) = (manifest("service"), manifest("ingress"), manifest("network-policy"));
    assert_eq!(with(&service["spec"]["ports"], "name", "http")["targetPort"], "http");
    let backend = &ingress["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"];
    assert_eq!(backend, &json!({ "name": service["metadata"]["name"], "port": { "name": "http" } }));
    assert_eq!(policy["spec"]["ingress"][0]["ports"], json!([{ "port": "http" }]));
    let host = text(&ingress["spec"]["rules"][0]["host"]).to_owned();
    assert_eq!(ingress["spec"]["tls"][0]["hosts"], json!([host]));
    assert_eq!(toml()["public-origin"].as_str().unwrap(), format!("https://{host}"));
    let redis = &policy["spec"]["egress"][0]["ports"][0]["port"];
    assert!(toml()["store"].as_str().unwrap().ends_with(&format!(":{redis}")), "{redis}");

    let deployment = manifest("deployment");
    let labels = &deployment["spec"]["template"]["metadata"]["labels"];
    assert_eq!(&deployment["spec"]["selector"]["matchLabels"], labels);
    assert_eq!(&service["spec"]["selector"], labels);
    assert_eq!(&policy["spec"]["podSelector"]["matchLabels"], labels);
    assert_eq!(&manifest("disruption-budget")["spec"]["selector"]["matchLabels"], labels);
    for spread in pod()["topologySpreadConstraints"].as_array().unwrap() {
        assert_eq!(&spread["labelSelector"]["matchLabels"], labels);
    }
    let target = &manifest("autoscaler")["spec"]["scaleTargetRef"];
    assert_eq!((&target["kind"], &target["name"]), (&deployment["kind"], &deployment["metadata"]["name"]));
    assert!(deployment["spec"]["replicas"].is_null(), "it is for the autoscaler to say");
}

#[test]
fn a_pod_that_ends_is_left_alone_until_it_has_drained() {
    let delay = humantime::parse_duration(toml()["drain-delay"].as_str().unwrap()).unwrap();
    let patience = Duration::from_secs(pod()["terminationGracePeriodSeconds"].as_u64().unwrap());
    assert!(patience > delay + default_time("drain-timeout"), "{patience:?}");
    let rolling = &manifest("deployment")["spec"]["strategy"]["rollingUpdate"];
    assert_eq!(rolling["maxUnavailable"], 0);
}

#[test]
fn the_pod_is_restricted_and_has_the_memory_that_its_hashing_takes() {
    let (pod, container) = (pod(), container());
    assert_eq!(pod["securityContext"]["runAsNonRoot"], true);
    assert_eq!(pod["securityContext"]["seccompProfile"]["type"], "RuntimeDefault");
    let confined = json!({ "allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "capabilities": { "drop": ["ALL"] } });
    assert_eq!(container["securityContext"], confined);
    let namespace = &manifest("namespace")["metadata"]["labels"];
    assert_eq!(namespace["pod-security.kubernetes.io/enforce"], "restricted");
    let threads = u64::try_from(toml()["hashing-threads"].as_integer().unwrap()).unwrap();
    let limit =
        text(&container["resources"]["limits"]["memory"]).strip_suffix("Mi").unwrap().parse::<u64>().unwrap();
    // With the costliest hashes that there are, half of it is left.
    assert!(threads * 64 <= limit / 2, "{threads} threads, {limit} MiB");
}

#[test]
#[ignore = "wants the tools of `cargo xtask test deploy`"]
fn the_schemas_of_kubernetes_allow_every_field() {
    let tools = PathBuf::from(std::env::var_os("DEPLOY_TOOLS").expect("where the tools are"));
    let listed = documents("kubernetes/kustomization.yaml").remove(0);
    let files = texts(&listed["resources"]).into_iter().map(|file| deployed("kubernetes").join(file));
    let output =
        Command::new(tools.join("kubernetes-validate")).arg("--strict").args(files).output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && !told.contains("WARN"), "{told}");
}

#[test]
fn kubectl_renders_all_of_it() {
    let output = Command::new("kubectl").arg("kustomize").arg(deployed("kubernetes")).output();
    let Ok(output) = output else { return eprintln!("not run: there is no kubectl") };
    let rendered = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let rendered: Vec<Value> = serde_saphyr::from_multiple(&rendered).unwrap();
    let config_map = rendered.iter().find(|document| document["kind"] == "ConfigMap").unwrap();
    assert_eq!(text(&config_map["data"]["settings.toml"]), toml_text());
    let deployment = rendered.iter().find(|document| document["kind"] == "Deployment").unwrap();
    let volumes = &deployment["spec"]["template"]["spec"]["volumes"];
    assert_eq!(with(volumes, "name", "settings")["configMap"]["name"], config_map["metadata"]["name"]);
}

/// A pod's root: the volumes as a kubelet lays them out, beside a Redis.
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
        // Whoever is in the pod reaches these.
        fs::copy(PROGRAM, machine.path("session-server")).unwrap();
        machine.set_mode("session-server", 0o755);
        machine.set_mode("", 0o755);
        for volume in ["secrets", "settings"] {
            fs::create_dir(machine.path(volume)).unwrap();
        }
        pod.mount_secrets("..2026_11_29_10_00_00.1", &machine.read("session-data/keys.json"));
        machine.write("settings/settings.toml", &pod.moved(&toml_text()));
        machine.set_mode("settings/settings.toml", 0o644);
        pod
    }

    /// What is mounted is in this directory, and Redis at another port.
    fn moved(&self, settings: &str) -> String {
        let port = self.redis.port();
        settings
            .replace(&mount("secrets"), self.machine.path("secrets").to_str().unwrap())
            .replace("sessions@redis:6379", &format!("127.0.0.1:{port}"))
            .replace("redis-password-file = ", "# ")
            .replace("\":8080\"", "\"127.0.0.1:0\"")
    }

    /// As kubelet's atomic writer does it: a directory of its own for each state of the Secret, the link `..data` that
    /// leads to the latest, and for each file a link by way of that one.
    fn mount_secrets(&self, state: &str, keys: &str) {
        let at = |name: &str| self.machine.path("secrets").join(name);
        let mode = u32::try_from(
            with(&pod()["volumes"], "name", "secrets")["secret"]["defaultMode"].as_u64().unwrap(),
        )
        .unwrap();
        assert_eq!(mode, 0o440);
        fs::DirBuilder::new().mode(0o755).create(at(state)).unwrap();
        let users = self.machine.read("session-data/users");
        for (name, content) in [("keys.json", keys), ("users", users.as_str())] {
            let file = at(state).join(name);
            fs::write(&file, content).unwrap();
            fs::set_permissions(&file, PermissionsExt::from_mode(mode)).unwrap();
            self.give(&file);
            if !at(name).is_symlink() {
                symlink(format!("..data/{name}"), at(name)).unwrap();
            }
        }
        symlink(state, at("..data_tmp")).unwrap();
        fs::rename(at("..data_tmp"), at("..data")).unwrap();
    }

    /// To root, and the pod's group; where tests run as somebody else the files are theirs.
    fn give(&self, file: &PathBuf) {
        if is_root() {
            chown(file, Some(0), Some(self.id("fsGroup"))).unwrap();
        }
    }

    fn id(&self, name: &str) -> u32 {
        pod()["securityContext"][name].as_u64().unwrap().try_into().unwrap()
    }

    /// The container's arguments, and these variables beside.
    async fn serve(&self, variables: &[(String, String)]) -> Server {
        let settings = self.machine.path("settings");
        let words = container()["args"].clone();
        let words = texts(&words)
            .into_iter()
            .map(|word| word.replace(&mount("settings"), settings.to_str().unwrap()));
        let mut command = Command::new(self.machine.path("session-server"));
        command
            .args(words)
            .current_dir("/")
            .env_clear()
            .envs(variables.iter().cloned())
            .stderr(self.machine.log());
        if is_root() {
            command.uid(self.id("runAsUser")).gid(self.id("runAsGroup"));
        }
        self.machine.start(command).await
    }
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// R64: with the owner, group and mode that the manifest gives them, and no warning.
#[tokio::test]
async fn secrets_are_read_as_a_kubelet_mounts_them_and_again_when_it_replaces_them() {
    let pod = Pod::new();
    let server = pod.serve(&[]).await;
    let login = server.log_in("alice").await;
    let log = pod.machine.read("log");
    assert!(!log.contains("can be read by every user"), "{log}");

    pod.machine.run(&["keys", "add", "cookie"]).expect_success();
    pod.machine.run(&["keys", "activate", "cookie", "c2"]).expect_success();
    pod.mount_secrets("..2026_11_29_10_01_00.2", &pod.machine.read("session-data/keys.json"));
    server.hang_up();
    until_logged(&pod.machine, "key ring is read again").await;
    let newer = server.log_in("alice").await;
    assert_eq!((server.status_of(&login).await, server.status_of(&newer).await), (200, 200));
    let key_of = |cookie: &str| pod.machine.enter(&["explain"], cookie).expect_success();
    assert!(key_of(&login.cookie).contains("key          c1"));
    assert!(key_of(&newer.cookie).contains("key          c2"));
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
