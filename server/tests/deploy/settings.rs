//! The settings of `session-server serve`, as its help tells them.

use std::collections::{BTreeMap, BTreeSet};
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
    let help = help();
    let mut settings = BTreeMap::new();
    for part in help.split("\n      --").skip(1) {
        let flag = part.split([' ', '\n', '[']).next().unwrap();
        let told = |name: &str| {
            let told = part.lines().find_map(|line| line.trim().strip_prefix(name)?.strip_suffix(']'));
            told.map(|told| told.trim_end_matches('=').to_owned())
        };
        let setting = Setting { variable: told("[env: ").expect("a variable"), default: told("[default: ") };
        settings.insert(flag.to_owned(), setting);
    }
    settings
}

fn help() -> String {
    let output = Command::new(PROGRAM).args(["serve", "--help"]).env_clear().output().unwrap();
    String::from_utf8(output.stdout).unwrap()
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

/// Which is read from the sources and not from the help.
const REFERENCE: &str = include_str!("../../../docs/reference/settings.md");

#[test]
fn the_reference_says_of_each_setting_what_the_help_says() {
    let (told, help) = (settings(), help());
    let mut listed = BTreeSet::new();
    let (of_the_server, _) = REFERENCE.split_once("\n## Other commands\n").unwrap();
    for section in of_the_server.split("\n### ").skip(1) {
        let (flag, section) = section.split_once('\n').unwrap();
        let item = |name: &str| section.lines().find_map(|line| line.strip_prefix("- ")?.strip_prefix(name));
        listed.insert(flag.to_owned());
        let Some(setting) = told.get(flag) else {
            assert!(section.contains("with `--features "), "`--{flag}` is no setting");
            continue;
        };
        assert_eq!(item("variable: "), Some(format!("`{}`", setting.variable).as_str()), "{flag}");
        let default = item("default: ").unwrap().trim_matches('`');
        match &setting.default {
            Some(told) => assert_eq!(default, told, "{flag}"),
            None => assert!(default == "none" || help.contains(&format!("[default: {default}]")), "{flag}"),
        }
        let file = item("file: ").unwrap_or("`config = ").trim_start_matches('`');
        assert!(file.starts_with(&format!("{flag} = ")), "{flag}: {file}");
    }
    assert!(told.keys().all(|flag| listed.contains(flag)), "{told:?}, and listed are {listed:?}");
}
