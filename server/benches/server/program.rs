use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

pub(crate) const PASSWORD: &str = "correct horse battery staple";

/// The real server as a process of its own.
pub(crate) struct Program {
    process: Child,
    address: SocketAddr,
}

impl Program {
    /// A server with these users, whose attempts are not limited.
    pub(crate) fn start(directory: &Path, users: impl Iterator<Item = String>, flags: &[&str]) -> Self {
        let command = |arguments: &[&str]| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_session-server"));
            command.current_dir(directory).args(arguments).stdout(Stdio::piped()).stderr(Stdio::null());
            command
        };
        for user in users {
            let mut add =
                command(&["user", "add", &user, "--password-stdin"]).stdin(Stdio::piped()).spawn().unwrap();
            add.stdin.take().unwrap().write_all(PASSWORD.as_bytes()).unwrap();
            assert!(add.wait().unwrap().success());
        }
        let limits = ["--login-attempts-per-account", "1000000", "--login-attempts-per-address", "1000000"];
        let mut serve = command(&["serve", "--listen", "127.0.0.1:0"]);
        let mut process = serve.args(limits).args(flags).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("serving on http://").expect("its address").parse().unwrap();
        Self { process, address }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What it has used of the processors.
    pub(crate) fn processor_time(&self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.process.id())).unwrap();
        // After the name, which may hold anything: proc(5) counts from 1.
        let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
        let ticks: u64 = [14, 15].iter().map(|field| fields[field - 3].parse::<u64>().unwrap()).sum();
        Duration::from_secs_f64(ticks as f64 / rustix::param::clock_ticks_per_second() as f64)
    }

    pub(crate) fn peak_memory_mib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("the peak");
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
