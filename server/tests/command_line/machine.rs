use std::fs::File;
use std::io::Write;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Output, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use reqwest::header::{COOKIE, SET_COOKIE};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Child;

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_session-server");

pub(crate) const PASSWORD: &str = "canary correct horse battery";

/// Nothing here takes so long, not even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A directory of its own to run the program in, with an empty environment.
pub(crate) struct Machine {
    directory: TempDir,
}

/// How a run of the program ended.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Machine {
    pub(crate) fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap() }
    }

    /// One on which Alice can log in.
    pub(crate) fn with_alice() -> Self {
        let machine = Self::new();
        machine.enter(&["user", "add", "alice", "--password-stdin"], PASSWORD).expect_success();
        machine
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// Writes a file for its owner alone.
    pub(crate) fn write(&self, name: &str, content: &str) {
        std::fs::write(self.path(name), content).unwrap();
        self.set_mode(name, 0o600);
    }

    pub(crate) fn mode(&self, name: &str) -> u32 {
        std::fs::metadata(self.path(name)).unwrap().permissions().mode() & 0o777
    }

    pub(crate) fn set_mode(&self, name: &str, mode: u32) {
        std::fs::set_permissions(self.path(name), PermissionsExt::from_mode(mode)).unwrap();
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        self.command_of(Path::new(PROGRAM), arguments)
    }

    fn command_of(&self, program: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(self.directory.path()).env_clear().stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Outcome {
        self.run_with(arguments, |_| ())
    }

    /// The same, with another environment.
    pub(crate) fn run_with(&self, arguments: &[&str], set: impl FnOnce(&mut Command)) -> Outcome {
        let mut command = self.command(arguments);
        set(&mut command);
        finished(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
    }

    /// Runs the program with a line on its standard input.
    pub(crate) fn enter(&self, arguments: &[&str], line: &str) -> Outcome {
        let mut command = self.command(arguments);
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // What refuses its arguments does not wait to be told more.
        let _ = writeln!(child.stdin.take().unwrap(), "{line}");
        finished(child)
    }

    /// Serves on a free port.
    pub(crate) async fn serve(&self, arguments: &[&str]) -> Server {
        self.serve_with(arguments, |_| ()).await
    }

    /// The same, with another environment or another place for the log.
    pub(crate) async fn serve_with(&self, arguments: &[&str], set: impl FnOnce(&mut Command)) -> Server {
        self.serve_by(Path::new(PROGRAM), arguments, set).await
    }

    /// The same with another program than the one under test.
    pub(crate) async fn serve_by(
        &self,
        program: &Path,
        arguments: &[&str],
        set: impl FnOnce(&mut Command),
    ) -> Server {
        let listen = if arguments.contains(&"--listen") { &[][..] } else { &["--listen", "127.0.0.1:0"] };
        let mut command = self.command_of(program, &[&["serve"], listen, arguments].concat());
        command.stderr(self.log());
        set(&mut command);
        self.start(command).await
    }

    /// Where servers log.
    pub(crate) fn log(&self) -> File {
        File::options().create(true).append(true).open(self.path("log")).unwrap()
    }

    /// Starts what will say that it serves.
    pub(crate) async fn start(&self, command: Command) -> Server {
        let mut command = tokio::process::Command::from(command);
        let mut child = command.stdout(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = tokio::time::timeout(PATIENCE, lines.next_line()).await.expect("in time").unwrap();
        let address = line.as_deref().and_then(|line| line.strip_prefix("serving on http://"));
        let address = address.unwrap_or_else(|| panic!("not serving: {line:?} {}", self.read("log")));
        Server { address: address.parse().unwrap(), child, http: reqwest::Client::new() }
    }
}

/// Waits for a run that is expected to end by itself, and ends one that serves instead.
fn finished(child: std::process::Child) -> Outcome {
    let id = Pid::from_child(&child);
    let (ended, end) = mpsc::channel();
    std::thread::spawn(move || ended.send(child.wait_with_output()));
    match end.recv_timeout(PATIENCE) {
        Ok(output) => output.unwrap().into(),
        Err(_) => {
            kill_process(id, Signal::KILL).unwrap();
            panic!("the program does not end");
        }
    }
}

impl From<Output> for Outcome {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }
}

impl Outcome {
    /// What it said.
    #[track_caller]
    pub(crate) fn expect_success(self) -> String {
        assert_eq!(self.code, Some(0), "{self:?}");
        self.stdout
    }

    /// The one line in which it said why not.
    #[track_caller]
    pub(crate) fn expect_refusal(self) -> String {
        assert_eq!((self.code, self.stdout.as_str()), (Some(1), ""), "{self:?}");
        let message = self.stderr.strip_suffix('\n').and_then(|line| line.strip_prefix("session-server: "));
        let message = message.filter(|line| !line.contains('\n'));
        message.unwrap_or_else(|| panic!("not one line: {self:?}")).to_owned()
    }
}

/// The program, serving. It is killed when it is dropped.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    child: Child,
    http: reqwest::Client,
}

/// What a login gave.
#[derive(Clone)]
pub(crate) struct Login {
    pub(crate) cookie: String,
    pub(crate) set_cookies: Vec<String>,
    pub(crate) view: Value,
}

impl Login {
    pub(crate) fn statement(&self) -> &str {
        self.view["statement"].as_str().unwrap()
    }

    pub(crate) fn session_id(&self) -> String {
        self.view["session_id"].as_str().unwrap().to_owned()
    }

    pub(crate) fn absolute_expires_at(&self) -> u64 {
        self.view["absolute_expires_at"].as_u64().unwrap()
    }
}

impl Server {
    pub(crate) async fn try_log_in(&self, name: &str, password: &str) -> Result<Login, u16> {
        let login = json!({ "username": name, "password": password });
        let answer = self.http.post(format!("http://{}/login", self.address)).json(&login).send();
        let answer = answer.await.unwrap();
        if answer.status() != 200 {
            return Err(answer.status().as_u16());
        }
        let set_cookies = answer.headers().get_all(SET_COOKIE).iter();
        let set_cookies: Vec<_> = set_cookies.map(|value| value.to_str().unwrap().to_owned()).collect();
        let value = set_cookies[0].strip_prefix("__Host-session=").and_then(|rest| rest.split(';').next());
        let cookie = value.unwrap().to_owned();
        Ok(Login { cookie, set_cookies, view: answer.json().await.unwrap() })
    }

    pub(crate) async fn log_in(&self, name: &str) -> Login {
        self.try_log_in(name, PASSWORD).await.expect("a session")
    }

    /// The status of `GET /session`.
    pub(crate) async fn status_of(&self, login: &Login) -> u16 {
        let request = self.http.get(format!("http://{}/session", self.address));
        let answer = request.header(COOKIE, format!("__Host-session={}", login.cookie)).send();
        answer.await.unwrap().status().as_u16()
    }

    /// Asks it to read again what it was started with.
    pub(crate) fn hang_up(&self) {
        self.signal(Signal::HUP);
    }

    fn signal(&self, signal: Signal) {
        let id = self.child.id().and_then(|id| Pid::from_raw(id.cast_signed())).expect("a running server");
        kill_process(id, signal).unwrap();
    }

    /// Ctrl-C.
    pub(crate) fn interrupt(&self) {
        self.signal(Signal::INT);
    }

    /// Ctrl-C once more, and waits until it has ended.
    pub(crate) async fn interrupted(mut self) -> ExitStatus {
        self.interrupt();
        tokio::time::timeout(PATIENCE, self.child.wait()).await.expect("to stop").unwrap()
    }

    pub(crate) async fn get(&self, path: &str) -> reqwest::Response {
        self.http.get(format!("http://{}{path}", self.address)).send().await.unwrap()
    }

    pub(crate) fn http(&self) -> &reqwest::Client {
        &self.http
    }

    /// Asks it to stop, and waits until it has.
    pub(crate) async fn terminate(mut self) -> ExitStatus {
        self.signal(Signal::TERM);
        tokio::time::timeout(PATIENCE, self.child.wait()).await.expect("to stop").unwrap()
    }

    /// `kill -9`.
    pub(crate) async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }
}
