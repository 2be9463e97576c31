//! A program while it is measured.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::process::{command, run};

/// In which proc(5) tells times: Linux shows so many a second to every program.
const TICKS_PER_SECOND: f64 = 100.0;

/// A program that is ended when it is dropped, whatever has gone wrong.
pub(crate) struct Running {
    child: Child,
    // Open for as long as it may write there.
    _said: Option<BufReader<ChildStdout>>,
}

impl Running {
    pub(crate) fn start(command: &mut Command, log: &Path) -> Result<Self> {
        let command = command.stdin(Stdio::null()).stderr(File::create(log)?);
        let child =
            command.spawn().with_context(|| format!("cannot start {}", command.get_program().display()))?;
        Ok(Self { child, _said: None })
    }

    /// One that says something.
    pub(crate) fn start_talking(command: &mut Command, log: &Path) -> Result<(Self, BufReader<ChildStdout>)> {
        let mut program = Self::start(command.stdout(Stdio::piped()), log)?;
        let said = program.child.stdout.take().context("no standard output")?;
        Ok((program, BufReader::new(said)))
    }

    /// One that says where it serves, and does.
    pub(crate) fn start_server(command: &mut Command, log: &Path) -> Result<(Self, SocketAddr)> {
        let (mut server, mut said) = Self::start_talking(command, log)?;
        let mut line = String::new();
        while said.read_line(&mut line)? > 0 {
            if let Some((_, address)) = line.trim().split_once("http://") {
                let address = address.parse()?;
                server._said = Some(said);
                return Ok((server, address));
            }
            line.clear();
        }
        bail!("a server did not start: {}", fs::read_to_string(log)?.trim())
    }

    /// What it has used of the processors, for itself and in the kernel.
    pub(crate) fn processor_time(&self) -> Result<Duration> {
        let stat = self.read("stat")?;
        // Behind the name, which may hold anything; proc(5) counts from 1.
        let fields: Vec<&str> = stat.rsplit_once(')').context("no stat")?.1.split_whitespace().collect();
        let ticks =
            |field: usize| Ok::<f64, anyhow::Error>(fields.get(field - 3).context("no time")?.parse()?);
        Ok(Duration::from_secs_f64((ticks(14)? + ticks(15)?) / TICKS_PER_SECOND))
    }

    /// Its resident memory, in bytes.
    pub(crate) fn memory(&self) -> Result<f64> {
        let status = self.read("status")?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
        Ok(line.trim().trim_end_matches(" kB").parse::<f64>()? * 1024.0)
    }

    /// Asks it to come to its end, as the key Ctrl-C does.
    pub(crate) fn interrupt(&self) -> Result<()> {
        run(&mut command("kill", ["-INT", &self.child.id().to_string()]))
    }

    fn read(&self, name: &str) -> Result<String> {
        Ok(fs::read_to_string(format!("/proc/{}/{name}", self.child.id()))?)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
