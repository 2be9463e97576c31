//! `deploy/compose.yaml`, without an engine.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use crate::settings::{default_time, deployed, settings};
use crate::yaml::{documents, text, texts};

/// The file, in which an engine would put its environment.
pub(crate) struct Compose(pub(crate) Value);

impl Compose {
    pub(crate) fn read() -> Self {
        Self(documents("compose.yaml").remove(0))
    }

    pub(crate) fn service(&self, name: &str) -> &Value {
        &self.0["services"][name]
    }

    /// What a service has in its environment, where nothing else is set: of `${NAME:-default}` the default.
    pub(crate) fn environment(&self, service: &str) -> BTreeMap<String, String> {
        let variables = self.service(service)["environment"].as_object().unwrap();
        let value = |value: &str| match value.split_once(":-") {
            Some((_, default)) if value.starts_with("${") => default.trim_end_matches('}').to_owned(),
            _ => value.to_owned(),
        };
        variables.iter().map(|(name, told)| (name.clone(), value(text(told)))).collect()
    }

    /// A setting of the servers, as it stands here or by default.
    fn time_of(&self, flag: &str) -> Duration {
        match self.environment("session-server").get(&settings()[flag].variable) {
            Some(value) => humantime::parse_duration(value).unwrap(),
            None => default_time(flag),
        }
    }

    /// From where to where, and whether it is for reading alone.
    fn mounts(&self, service: &str) -> Vec<(&str, &str, bool)> {
        let mounts = texts(&self.service(service)["volumes"]).into_iter().map(|mount| {
            let parts: Vec<_> = mount.split(':').collect();
            (parts[0], parts[1], parts.get(2) == Some(&"ro"))
        });
        mounts.collect()
    }

    fn networks(&self, service: &str) -> Vec<&str> {
        self.service(service)["networks"]
            .as_array()
            .map_or_else(Vec::new, |list| list.iter().map(text).collect())
    }
}

/// What stands behind a word of HAProxy's settings.
fn haproxy(word: &str) -> String {
    let file = fs::read_to_string(deployed("compose/haproxy.cfg")).unwrap();
    let found = file.split_once(&format!(" {word} ")).unwrap_or_else(|| panic!("no {word}"));
    found.1.split_whitespace().next().unwrap().to_owned()
}

#[test]
fn every_variable_is_a_setting_and_every_path_is_mounted() {
    let compose = Compose::read();
    let known = settings();
    for name in ["session-server", "admin"] {
        let mut places: Vec<_> = compose.mounts(name).iter().map(|(_, to, _)| format!("{to}/")).collect();
        for secret in texts(&compose.service(name)["secrets"]) {
            assert!(compose.0["secrets"][secret]["file"].is_string(), "{secret}");
            places.push(format!("/run/secrets/{secret}"));
        }
        for (variable, value) in compose.environment(name) {
            assert!(known.values().any(|setting| setting.variable == variable), "{variable}");
            let is_there = places.iter().any(|place| value.starts_with(place));
            assert!(is_there || !value.starts_with('/'), "{variable}: {value} in {places:?}");
        }
    }
}

/// R57, R58, F36: and a connection idles longer at the server than at the balancer.
#[test]
fn a_server_that_stops_is_left_alone_until_it_has_drained() {
    let compose = Compose::read();
    let delay = compose.time_of("drain-delay");
    let patience = text(&compose.service("session-server")["stop_grace_period"]);
    assert!(humantime::parse_duration(patience).unwrap() > delay + compose.time_of("drain-timeout"));

    assert_eq!(haproxy("option httpchk GET"), "/readyz");
    let seconds = |word: &str| humantime::parse_duration(&haproxy(word)).unwrap();
    // What passes before the first bad check, and until there are enough of them.
    let noticed_after = seconds("inter") * (1 + haproxy("fall").parse::<u32>().unwrap());
    assert!(delay > noticed_after, "{delay:?}, {noticed_after:?}");
    assert!(seconds("timeout http-keep-alive") < compose.time_of("keep-alive"));
}

#[test]
fn servers_redis_and_balancer_are_where_the_others_look_for_them() {
    let compose = Compose::read();
    let servers = compose.environment("session-server");
    assert_eq!(haproxy("server-template s 8"), format!("session-server{}", servers["SESSION_LISTEN"]));
    assert!(compose.service("session-server")["scale"].as_u64().unwrap() <= 8);
    let published: Vec<_> = text(&compose.service("balancer")["ports"][0]).split(':').collect();
    assert_eq!(published[0], "127.0.0.1", "browsers take http for this machine alone");
    assert_eq!(servers["SESSION_PUBLIC_ORIGIN"], format!("http://localhost:{}", published[1]));
    assert_eq!(haproxy("bind"), format!(":{}", published[2]));

    let (_, store) = servers["SESSION_STORE"].rsplit_once('@').unwrap();
    assert_eq!(store, "redis:6379");
    assert_eq!(compose.networks("redis"), ["store"]);
    assert_eq!(compose.networks("session-server"), ["front", "store"]);
    // Whose headers are believed is who is there.
    assert_eq!(
        servers["SESSION_TRUSTED_PROXIES"],
        text(&compose.0["networks"]["front"]["ipam"]["config"][0]["subnet"])
    );
    assert_eq!(compose.networks("balancer"), ["front"]);
    assert_eq!(compose.service("admin")["network_mode"], "none");
}

#[test]
fn every_service_is_confined_and_writes_its_data_alone() {
    let compose = Compose::read();
    for (name, service) in compose.0["services"].as_object().unwrap() {
        assert_eq!(service["read_only"], true, "{name}");
        assert_eq!(texts(&service["cap_drop"]), ["ALL"], "{name}");
        assert_eq!(texts(&service["security_opt"]), ["no-new-privileges:true"], "{name}");
        let mounts = compose.mounts(name);
        let writable: Vec<_> =
            mounts.iter().filter(|mount| !mount.2).map(|(from, to, _)| (*from, *to)).collect();
        let expected = match name.as_str() {
            "admin" => vec![("./compose/data", "/data")],
            "redis" => vec![("redis", "/data")],
            _ => vec![],
        };
        assert_eq!(writable, expected, "{name}");
        for (file, ..) in mounts.iter().filter(|(from, ..)| from.contains('.') && !from.ends_with("/data")) {
            assert!(deployed(file).is_file(), "{file}");
        }
    }
}

#[test]
#[ignore = "wants what `cargo xtask test containers` starts"]
fn docker_compose_understands_the_file() {
    let mut command = Command::new("docker");
    command.args(["compose", "--profile", "admin", "--file"]).arg(deployed("compose.yaml"));
    command.args(["config", "--quiet"]);
    let output = command.env("RUN_AS", "1000:1000").output().unwrap();
    assert!(
        output.status.success() && output.stderr.is_empty(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
#[ignore = "wants the tools of `cargo xtask test deploy`"]
fn the_scripts_have_no_fault_that_shellcheck_knows() {
    let tools = PathBuf::from(std::env::var_os("DEPLOY_TOOLS").expect("where the tools are"));
    let scripts = ["build-static.sh", "compose/prepare.sh"].map(deployed);
    let output = Command::new(tools.join("shellcheck")).args(scripts).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}
