//! The settings of `session-server serve`, as its help tells them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_session-server");

/// What a setting is called in the environment, and what it is where nothing is said.
#[derive(Debug, PartialEq)]
pub(crate) struct Setting {
    pub(crate) variable: String,
    pub(crate) default: Option<String>,
}

/// Each by its flag, without the dashes.
pub(crate) fn settings() -> BTreeMap<String, Setting> {
    let output = Command::new(PROGRAM).args(["serve", "--help"]).env_clear().output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    let mut settings = BTreeMap::new();
    for part in help.split("\n      --").skip(1) {
        let flag = part.split([' ', '\n']).next().unwrap();
        let told = |name: &str| {
            let told = part.lines().find_map(|line| line.trim().strip_prefix(name)?.strip_suffix(']'));
            told.map(|told| told.trim_end_matches('=').to_owned())
        };
        let setting = Setting { variable: told("[env: ").expect("a variable"), default: told("[default: ") };
        settings.insert(flag.to_owned(), setting);
    }
    settings
}

/// The default of a setting that is a time.
pub(crate) fn default_time(flag: &str) -> Duration {
    humantime::parse_duration(settings()[flag].default.as_deref().unwrap()).unwrap()
}

/// A file of `deploy/`.
pub(crate) fn deployed(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy").join(name)
}

/// A chapter of the book.
pub(crate) fn chapter(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs").join(name)
}

#[test]
fn settings_are_read_from_the_help() {
    let settings = settings();
    assert_eq!(settings["store"].variable, "SESSION_STORE");
    assert_eq!(settings["listen"].default.as_deref(), Some("127.0.0.1:8080"));
    assert_eq!(settings["redis-ca"].default, None);
    assert_eq!(default_time("keep-alive"), Duration::from_secs(75));
    assert!(settings.len() > 30, "{settings:?}");
}
