//! The applications of `examples/migration`, as they were before.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use session_testing::RedisServer;

use crate::machine::{Machine, Server};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Library {
    Express,
    Tower,
    Django,
    DjangoRedis,
}

/// The present secret of the Express application, and the one before it.
const SECRETS: [&str; 2] = ["a secret of Express", "an older secret"];

impl Library {
    /// The application, serving.
    pub(crate) async fn start(self, machine: &Machine, redis: &RedisServer) -> Server {
        let mut command = self.command(machine, redis);
        command.env("PORT", "0").stderr(machine.log());
        machine.start(command).await
    }

    fn command(self, machine: &Machine, redis: &RedisServer) -> Command {
        let mut command = match self {
            Self::Express => {
                let mut node = Command::new("node");
                node.arg(example("express/application.js")).env("SECRETS", SECRETS.join(","));
                node
            }
            Self::Tower => Command::new(wanted("TOWER_APPLICATION")),
            Self::Django | Self::DjangoRedis => {
                let mut python = Command::new(wanted("PYTHON"));
                let cache = if self == Self::Django { "django" } else { "django-redis" };
                python.arg(example("django/application.py")).env("CACHE", cache);
                python.env("DATABASE", machine.path("django.sqlite"));
                python
            }
        };
        command.env("REDIS", redis.url());
        command
    }

    /// What the server is told of it, with the files that it is told of.
    pub(crate) fn flags(self, machine: &Machine, redis: &RedisServer) -> Vec<String> {
        let subjects = ["--legacy-subjects", "subjects.json"];
        let library = ["--legacy-sessions", self.name()];
        let flags = match self {
            Self::Express => {
                machine.write("secrets", &format!("{}\n", SECRETS.join("\n")));
                machine.write("subjects.json", r#"{"42": "alice", "43": "bob"}"#);
                ["--legacy-secrets", "secrets"].to_vec()
            }
            Self::Tower => {
                let user =
                    |name: &str| format!(r#"{{"subject": "{name}", "auth_hash": [104, 97, 115, 104]}}"#);
                let (alice, bob) = (user("alice"), user("bob"));
                machine.write("subjects.json", &format!(r#"{{"42": {alice}, "43": {bob}}}"#));
                Vec::new()
            }
            Self::Django | Self::DjangoRedis => {
                let output = self.command(machine, redis).arg("subjects").output().unwrap();
                assert!(output.status.success(), "{output:?}");
                machine.write("subjects.json", &String::from_utf8(output.stdout).unwrap());
                Vec::new()
            }
        };
        library.into_iter().chain(flags).chain(subjects).map(str::to_owned).collect()
    }

    /// As settings have it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Express => "express",
            Self::Tower => "tower",
            Self::Django | Self::DjangoRedis => "django",
        }
    }

    pub(crate) const fn cookie_name(self) -> &'static str {
        match self {
            Self::Express => "connect.sid",
            Self::Tower => "id",
            Self::Django | Self::DjangoRedis => "sessionid",
        }
    }

    /// Whether a cookie that nobody was given is known by itself to be none.
    pub(crate) fn signs_cookies(self) -> bool {
        self == Self::Express
    }

    /// One that nobody was given.
    pub(crate) fn forged_cookie(self) -> String {
        match self {
            Self::Express => format!("s%3A{}.{}", "A".repeat(32), "A".repeat(43)),
            Self::Tower => "A".repeat(22),
            Self::Django | Self::DjangoRedis => "a".repeat(32),
        }
    }
}

fn example(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/migration").join(path)
}

fn wanted(variable: &str) -> std::ffi::OsString {
    env::var_os(variable)
        .unwrap_or_else(|| panic!("`{variable}` says where it is: cargo xtask test migration"))
}
