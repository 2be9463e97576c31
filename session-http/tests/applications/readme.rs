//! What the README says runs: its programs, in projects of their own that have what it says and
//! nothing else, and the examples by its commands.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::json;

use crate::browser::Browser;

const README: &str = include_str!("../../README.md");

/// A program that is ended when it is dropped, with all that it started.
struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        let _ = kill_process_group(Pid::from_child(&self.0), Signal::KILL);
        let _ = self.0.wait();
    }
}

#[tokio::test]
async fn the_program_on_warp_runs_in_a_fresh_project() {
    let directory = tempfile::tempdir().unwrap();
    let (_program, mut browser) = run(directory.path(), "## On warp");
    browser.get("/greeting").await.expect_problem(401, "no_session");
    browser.log_in("alice").await.expect(200);
    assert_eq!(browser.get("/greeting").await.expect(200).text, "hello, alice");
    assert_eq!(browser.post("/cart", &json!("book")).await.expect(200).json(), json!(["book"]));
    browser.post("/leave", &json!({})).await.expect(204);
    browser.get("/nothing").await.expect(404);
}

#[tokio::test]
async fn the_program_on_axum_runs_in_a_fresh_project() {
    let directory = tempfile::tempdir().unwrap();
    let (_program, mut browser) = run(directory.path(), "## On axum");
    assert_eq!(browser.get("/greeting").await.expect(200).text, "hello, stranger");
    let signed_in = browser.post("/magic/token", &json!({})).await.expect(200);
    assert_eq!(signed_in.given(), ["session", "statement"]);
    assert_eq!(browser.get("/greeting").await.expect(200).text, "hello, alice");
    browser.get("/sessions").await.expect(200);
}

#[tokio::test]
async fn the_examples_run_by_the_commands_that_are_told() {
    let (_, section) = README.split_once("## Examples").expect("the heading");
    let commands = block(section, "```console\n");
    let commands: Vec<_> = commands.lines().map(|line| line.strip_prefix("$ cargo ").unwrap()).collect();
    assert_eq!(commands.len(), 2);
    for words in commands {
        let mut command = Command::new(env!("CARGO"));
        let command = command.args(words.split(' ')).args(["--", "127.0.0.1:0"]);
        let (_program, mut browser) = start(apart(command).current_dir(workspace()));
        browser.post("/cart", &json!("milk")).await.expect(200);
        browser.log_in("alice").await.expect(200);
        assert_eq!(browser.get("/cart").await.expect(200).json(), json!(["milk"]));
    }
}

fn run(directory: &Path, heading: &str) -> (Program, Browser) {
    let (_, section) = README.split_once(heading).expect("the heading");
    let (dependencies, program) = (block(section, "```toml\n"), block(section, "```rust,no_run\n"));
    // Unpublished crates are taken from here, as they will be from the registry.
    let patch = |name: &str| format!("{name} = {{ path = {:?} }}\n", workspace().join(name));
    let patches = ["session-core", "session-engine", "session-http"].map(patch).concat();
    let manifest = format!(
        "[package]\nname = \"fresh\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n{dependencies}\n\
         [patch.crates-io]\n{patches}\n[workspace]\n"
    );
    fs::create_dir(directory.join("src")).unwrap();
    fs::write(directory.join("Cargo.toml"), manifest).unwrap();
    fs::write(directory.join("src/main.rs"), program).unwrap();
    // The versions that everything here is tested with.
    fs::copy(workspace().join("Cargo.lock"), directory.join("Cargo.lock")).unwrap();
    let mut build = Command::new(env!("CARGO"));
    let built = apart(build.args(["build", "--quiet"])).current_dir(directory).status();
    assert!(built.unwrap().success(), "the README's program does not build");

    // Taken away at once, since the other one has the same name.
    let binary = directory.join("program");
    fs::copy(target().join("debug/fresh"), &binary).unwrap();
    start(Command::new(binary).arg("127.0.0.1:0").current_dir(directory))
}

fn start(command: &mut Command) -> (Program, Browser) {
    // A group of its own, so that what cargo runs is ended with cargo.
    let mut program = Program(command.stdout(Stdio::piped()).process_group(0).spawn().unwrap());
    let mut line = String::new();
    BufReader::new(program.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.trim_end().strip_prefix("serving on http://").expect("an address").parse().unwrap();
    (program, Browser::at(address))
}

fn block(section: &str, start: &str) -> String {
    let (_, rest) = section.split_once(start).expect("a block");
    rest.split("```").next().unwrap_or_default().to_owned()
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a workspace").to_owned()
}

/// Built beside what is tested here, with nothing that only takes room.
fn apart(cargo: &mut Command) -> &mut Command {
    cargo
        .env("CARGO_TARGET_DIR", target())
        .env("CARGO_PROFILE_DEV_DEBUG", "false")
        .env("CARGO_INCREMENTAL", "0")
}

/// Kept from one run to the next, and locked by cargo while one of the two builds.
fn target() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("readme")
}
