//! A container engine of the tests' own, beside one that the machine may have.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::process::{command, output};
use crate::target_dir::target_dir;

const PATIENCE: Duration = Duration::from_secs(60);

/// Ends when it is dropped, and its containers with it. What it has pulled and built stays for the next time.
pub(crate) struct Engine {
    place: PathBuf,
    process: Child,
}

impl Engine {
    /// With this Compose.
    pub(crate) fn start(compose: &Path) -> Result<Self> {
        let place = target_dir()?.join("containers");
        let plugins = place.join("config/cli-plugins");
        fs::create_dir_all(&plugins)?;
        fs::copy(compose, plugins.join("docker-compose"))?;
        let log = File::create(place.join("log"))?;
        let path = |name: &str| place.join(name).to_string_lossy().into_owned();
        let flags = ["--data-root", &path("data"), "--exec-root", &path("exec"), "--pidfile", &path("pid")];
        let mut dockerd = command("dockerd", flags);
        dockerd.args(["--host", &format!("unix://{}", path("sock"))]);
        dockerd.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let process = dockerd.spawn().context("cannot start dockerd, which root may")?;
        let mut engine = Self { place, process };
        let began_at = Instant::now();
        while output(command("docker", ["info"]).envs(engine.environment())).is_err() {
            if engine.process.try_wait()?.is_some() || began_at.elapsed() > PATIENCE {
                bail!("dockerd does not serve: see {}", engine.place.join("log").display());
            }
            sleep(Duration::from_millis(200));
        }
        Ok(engine)
    }

    /// By which its clients find it. The builder is the one that it has inside.
    pub(crate) fn environment(&self) -> [(&'static str, String); 3] {
        let path = |name: &str| self.place.join(name).to_string_lossy().into_owned();
        [
            ("DOCKER_HOST", format!("unix://{}", path("sock"))),
            ("DOCKER_CONFIG", path("config")),
            ("DOCKER_BUILDKIT", "0".into()),
        ]
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // It ends its containers before itself.
        let _ = command("kill", [self.process.id().to_string()]).status();
        let began_at = Instant::now();
        while matches!(self.process.try_wait(), Ok(None)) && began_at.elapsed() < PATIENCE {
            sleep(Duration::from_millis(200));
        }
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
