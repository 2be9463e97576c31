//! `deploy/systemd/`, without systemd at work, which a machine that tests need not have.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use crate::log::until_logged;
use crate::machine::{Machine, PASSWORD};
use crate::settings::{PROGRAM, deployed, settings};
use crate::settings_file::SettingsFile;
use crate::yaml::text;

/// On systemd's scale from 0 to 10, in tenths: up to 20 is what it calls OK.
const EXPOSURE: &str = "12";

/// What a server needs of all that systemd can take away.
const LEFT: [&str; 7] = [
    // Its clients, and Redis, by whatever socket.
    "PrivateNetwork=",
    "IPAddressDeny=",
    "RestrictAddressFamilies=~AF_(INET|INET6)",
    "RestrictAddressFamilies=~AF_UNIX",
    // Priorities of threads.
    "SystemCallFilter=~@resources",
    // Its program and its settings are the machine's.
    "RootDirectory=/RootImage=",
    // `ProtectClock=yes` allows to read the clock's device.
    "DeviceAllow=",
];

fn unit() -> String {
    fs::read_to_string(deployed("systemd/session-server.service")).unwrap()
}

/// The last value of a directive.
fn directive(name: &str) -> String {
    let unit = unit();
    let value = unit.lines().rev().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
    value.unwrap_or_else(|| panic!("no {name}")).to_owned()
}

fn settings_file() -> SettingsFile {
    SettingsFile::read("systemd/settings.toml")
}

/// A directory with the unit, which starts the program where it is on this machine.
fn installed() -> Machine {
    let machine = Machine::new();
    machine.write("session-server.service", &unit().replace("/usr/local/bin/session-server", PROGRAM));
    machine
}

#[test]
fn systemd_understands_every_line_of_the_unit() {
    let machine = installed();
    let output =
        Command::new("systemd-analyze").arg("verify").arg(machine.path("session-server.service")).output();
    let output = output.unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success() && told.is_empty(), "{told}");
}

#[test]
fn the_unit_is_exposed_as_little_as_a_server_can_be() {
    let analyse = |word: &str| {
        let mut command = Command::new("systemd-analyze");
        command.args(["security", "--offline=true", "--no-pager", word]);
        command.arg(deployed("systemd/session-server.service")).output().unwrap()
    };
    let judged = analyse(&format!("--threshold={EXPOSURE}"));
    assert!(judged.status.success(), "{}", String::from_utf8_lossy(&judged.stdout));
    let told: Vec<Value> = serde_json::from_slice(&analyse("--json=short").stdout).unwrap();
    let left = told.iter().filter(|told| told["set"] == false).map(|told| text(&told["name"]));
    assert_eq!(left.collect::<BTreeSet<_>>(), BTreeSet::from(LEFT));
}

/// R58: before systemd kills it.
#[test]
fn a_stop_waits_until_the_server_has_drained() {
    let settings_file = settings_file();
    let patience = Duration::from_secs(directive("TimeoutStopSec").parse().unwrap());
    let drained = settings_file.time_of("drain-delay") + settings_file.time_of("drain-timeout");
    assert!(patience > drained, "{patience:?}");
    assert_eq!(directive("KillSignal"), "SIGTERM");
    let connections: u32 = settings()["max-connections"].default.as_deref().unwrap().parse().unwrap();
    assert!(directive("LimitNOFILE").parse::<u32>().unwrap() > connections + 1000, "{connections}");
}

/// The command of the unit, with the settings file beside it, each path moved.
#[tokio::test]
async fn the_unit_starts_a_server_that_reads_its_keys_again_when_it_is_reloaded() {
    let machine = Machine::new();
    let command = directive("ExecStart");
    let words: Vec<_> = command.split(' ').collect();
    assert_eq!(words[..3], ["/usr/local/bin/session-server", "serve", "--config"]);
    assert_eq!(words[3..], ["/etc/session-server/settings.toml"]);
    let state = format!("/var/lib/{}", directive("StateDirectory"));
    assert_eq!(directive("WorkingDirectory"), state);
    let users = fs::read_to_string(deployed("systemd/sysusers.conf")).unwrap();
    assert!(
        users.starts_with(&format!("u {} - ", directive("User"))) && users.ends_with(&format!(" {state}\n"))
    );
    let file = settings_file();
    assert_eq!(file.text_of("store"), format!("embedded:{state}"));
    assert!(file.paths().iter().all(|(_, path)| path.starts_with(&state)), "{:?}", file.paths());
    let here = machine.path("state");
    let text = file.text.replace(&state, here.to_str().unwrap()).replace("127.0.0.1:8080", "127.0.0.1:0");
    machine.write("settings.toml", &text);
    fs::create_dir(here).unwrap();

    let add = ["user", "add", "alice", "--password-stdin", "--config", "settings.toml"];
    machine.enter(&add, PASSWORD).expect_success();
    let mut command = machine.command(&["serve", "--config", "settings.toml"]);
    command.stderr(machine.log());
    let server = machine.start(command).await;
    let login = server.log_in("alice").await;
    machine.run(&["keys", "add", "cookie", "--config", "settings.toml"]).expect_success();
    machine.run(&["keys", "activate", "cookie", "c2", "--config", "settings.toml"]).expect_success();
    assert_eq!(directive("ExecReload"), "/bin/kill -HUP $MAINPID");
    server.hang_up();
    until_logged(&machine, "key ring is read again").await;
    assert_eq!(server.status_of(&login).await, 200);
}
