//! A container engine of the tests' own, beside one that the machine may have.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::process::{command, output, run};
use crate::target_dir::target_dir;

const PATIENCE: Duration = Duration::from_secs(60);

/// The first of a namespace of processes, which all end with it, and it with this process, however that ends.
const ALONE: [&str; 7] =
    ["--pdeathsig=KILL", "unshare", "--pid", "--mount", "--fork", "--kill-child", "--mount-proc"];

/// What an earlier one may have left where it was broken off. Images stay.
const REST: [&str; 4] = [
    "docker ps --all --quiet | xargs --no-run-if-empty docker rm --force --volumes",
    "docker volume ls --quiet | xargs --no-run-if-empty docker volume rm",
    "docker network prune --force",
    "docker image prune --force",
];

/// Ends when it is dropped, and its containers with it. It needs the machine's network for what is built, and leaves its
/// bridge and its rules there, as engines do.
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
        let mut dockerd = command("setpriv", ALONE);
        dockerd.args(["dockerd", "--data-root", &path("data"), "--exec-root", &path("exec")]);
        dockerd.args(["--pidfile", &path("pid"), "--host", &format!("unix://{}", path("sock"))]);
        dockerd.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        // Which one that was killed leaves.
        let _ = fs::remove_file(place.join("pid"));
        let process = dockerd.spawn().context("cannot start dockerd, which root may")?;
        let mut engine = Self { place, process };
        let began_at = Instant::now();
        while output(command("docker", ["info"]).envs(engine.environment())).is_err() {
            if engine.process.try_wait()?.is_some() || began_at.elapsed() > PATIENCE {
                bail!("dockerd does not serve: see {}", engine.place.join("log").display());
            }
            sleep(Duration::from_millis(200));
        }
        engine.clear()?;
        Ok(engine)
    }

    fn clear(&self) -> Result<()> {
        let clear = |rest| run(command("sh", ["-c", rest]).envs(self.environment()).stdout(Stdio::null()));
        REST.into_iter().try_for_each(clear)
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
        // Its containers before itself, and it has nothing to write any more.
        let _ = self.clear();
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
