//! R39: the whole suite, once more and at trace level, with every secret of it written down; none
//! of them is in what the servers said.

use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Mutex, Once};

use session_core::KeyRing;

use crate::client::Answer;
use crate::fleet::PASSWORD;

/// Names the directory for the log and the secrets; set when this suite runs itself.
const DIRECTORY: &str = "API_SECRECY_DIRECTORY";

/// R39: no key, no secret of a session and no password, in the log at trace level and on either output.
#[test]
fn no_secret_of_the_whole_suite_is_in_any_output() {
    if directory().is_some() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--nocapture", "--skip", "thousands_of_slow_clients"])
        .env(DIRECTORY, directory.path())
        .env("PATCH_ROUNDS", "1")
        .output()
        .unwrap();
    assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stdout));

    let secrets = std::fs::read_to_string(directory.path().join("secrets")).unwrap();
    let secrets: HashSet<&str> = secrets.lines().collect();
    assert!(secrets.len() > 100, "only {} secrets were seen", secrets.len());
    let log = std::fs::read_to_string(directory.path().join("log")).unwrap();
    assert!(log.contains("TRACE") && log.contains("login accepted"), "the log is not at trace level");
    let outputs = [log.into_bytes(), child.stdout, child.stderr];
    for output in outputs.iter().map(|output| String::from_utf8_lossy(output)) {
        assert!(!output.contains(PASSWORD), "a password is in the output");
        // Every secret is one word of base64url.
        let in_a_word = |letter: char| letter.is_ascii_alphanumeric() || "-_".contains(letter);
        let leaked = output.split(|letter| !in_a_word(letter)).find(|word| secrets.contains(word));
        assert_eq!(leaked, None);
    }
}

/// Starts the log of this run, and writes down the keys.
pub(crate) fn watch(keys: &KeyRing) {
    static LOG: Once = Once::new();
    let Some(directory) = directory() else { return };
    LOG.call_once(|| {
        let log = Mutex::new(File::create(directory.join("log")).unwrap());
        tracing_subscriber::fmt().with_env_filter("trace").with_ansi(false).with_writer(log).init();
    });
    let ring: serde_json::Value = serde_json::from_str(&keys.to_json()).unwrap();
    note(
        [&ring["cookie"]["keys"][0]["k"], &ring["statement"]["keys"][0]["d"]]
            .map(|key| key.as_str().unwrap()),
    );
}

/// Writes down the secret of a session cookie, which is in `Set-Cookie` and nowhere else.
pub(crate) fn remember(answer: &Answer) {
    for cookie in answer.set_cookies().iter().filter(|cookie| cookie.starts_with("__Host-session=")) {
        let mut fields = cookie.split('.');
        if let Some(secret) = fields.nth(3) {
            assert!(!answer.text.contains(secret), "the secret is in the body");
            note([secret]);
        }
    }
}

pub(crate) fn note<'s>(secrets: impl IntoIterator<Item = &'s str>) {
    let Some(directory) = directory() else { return };
    let mut file = OpenOptions::new().create(true).append(true).open(directory.join("secrets")).unwrap();
    for secret in secrets {
        // One write, so that lines of parallel tests do not mix.
        file.write_all(format!("{secret}\n").as_bytes()).unwrap();
    }
}

fn directory() -> Option<PathBuf> {
    std::env::var_os(DIRECTORY).map(PathBuf::from)
}
