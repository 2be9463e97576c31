//! A directory that stands for the disk of an instance, and what the start script makes of it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use session_testing::free_port;
use tempfile::TempDir;

use super::template::{Stack, Template};
use crate::settings::settings;

/// Nothing here takes so long, not even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Instance {
    directory: TempDir,
    port: u16,
}

impl Instance {
    /// One that has been given the template's script and has not started it.
    pub(crate) fn new(stack: &Stack) -> Self {
        let instance = Self { directory: tempfile::tempdir().unwrap(), port: free_port() };
        let script = Template::read().user_data(stack);
        // Nobody else should reach a server of a test, nor should two tests want the same port.
        let here = script.replace("LISTEN=':8080'", &format!("LISTEN='127.0.0.1:{}'", instance.port));
        assert_ne!(script, here);
        instance.write("script", &here);
        // As cloud-init leaves it.
        instance.write("var/lib/cloud/data/instance-id", "i-0123456789\n");
        instance
    }

    /// One on which the script has written what needs nobody else's answer: settings and unit.
    pub(crate) fn configured(stack: &Stack) -> Self {
        let instance = Self::new(stack);
        for directory in ["etc/session-server", "etc/systemd/system", "var/lib/session-server"] {
            fs::create_dir_all(instance.path(directory)).unwrap();
        }
        // All of the script but its last line, which runs it.
        let functions = "source <(head --lines=-1 \"$0\"); write_settings; install_unit";
        let mut bash = instance.command("bash");
        let output = bash.args(["-c", functions]).arg(instance.path("script")).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        instance
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// Writes a file for its owner alone.
    pub(crate) fn write(&self, name: &str, content: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        fs::set_permissions(path, PermissionsExt::from_mode(0o700)).unwrap();
    }

    pub(crate) fn mode(&self, name: &str) -> u32 {
        fs::metadata(self.path(name)).unwrap().permissions().mode() & 0o777
    }

    /// Runs the script to its end.
    pub(crate) fn start(&self, arguments: &[&str], set: impl FnOnce(&mut Command)) -> Output {
        let mut bash = self.command("bash");
        set(bash.arg(self.path("script")).args(arguments));
        bash.output().unwrap()
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        let user = rustix::process::geteuid().as_raw().to_string();
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap()).env("HOME", self.directory.path());
        command.env("ROOT", self.directory.path()).env("RUN_AS", user).stdin(Stdio::null());
        command
    }

    /// What the settings file says, by the names of settings.
    pub(crate) fn settings_file(&self) -> toml::Table {
        self.read("etc/session-server/settings.toml").parse().unwrap()
    }

    /// A setting by the file, or else by default.
    pub(crate) fn setting(&self, name: &str) -> String {
        let text = |value: &toml::Value| value.as_str().unwrap().to_owned();
        let default = || settings()[name].default.clone().unwrap();
        self.settings_file().get(name).map_or_else(default, text)
    }

    pub(crate) fn time(&self, name: &str) -> Duration {
        humantime::parse_duration(&self.setting(name)).unwrap()
    }

    /// A line of the unit, or of what is added to it.
    pub(crate) fn unit(&self, name: &str) -> String {
        let unit = "etc/systemd/system/session-server.service";
        let unit = self.read(&format!("{unit}.d/drain.conf")) + &self.read(unit);
        let line = unit.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        line.unwrap_or_else(|| panic!("no {name} in the unit")).to_owned()
    }

    /// The server as the unit starts it, trusting an authority of the test's.
    pub(crate) fn serve(&self, authority: &Path) -> Serving {
        // Everything is below this directory.
        let root = self.directory.path().display();
        let line = self.unit("ExecStart").replace(" /", &format!(" {root}/"));
        let mut words = line.split(' ');
        let mut command = self.command(&format!("{root}{}", words.next().unwrap()));
        let log = fs::File::create(self.path("log")).unwrap();
        command.args(words).env("SSL_CERT_FILE", authority).stdout(Stdio::null()).stderr(log);
        Serving(command.spawn().unwrap())
    }

    /// Waits until a path answers with a status that is wanted, and says which.
    pub(crate) async fn answer(&self, path: &str, wanted: impl Fn(u16) -> bool) -> u16 {
        let started = Instant::now();
        loop {
            let answer = reqwest::get(self.url(path)).await.map(|answer| answer.status().as_u16());
            match answer {
                Ok(status) if wanted(status) => return status,
                _ if started.elapsed() < PATIENCE => tokio::time::sleep(Duration::from_millis(20)).await,
                _ => panic!("{path}: {answer:?}; {}", self.read("log")),
            }
        }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }
}

/// A server that is killed when it is dropped.
pub(crate) struct Serving(Child);

impl Drop for Serving {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Instance {
    /// What stands for systemd leaves the ID of what it started.
    fn drop(&mut self) {
        let id =
            fs::read_to_string(self.path("pid")).ok().and_then(|id| Pid::from_raw(id.trim().parse().ok()?));
        if let Some(id) = id {
            let _ = kill_process(id, Signal::KILL);
        }
    }
}
