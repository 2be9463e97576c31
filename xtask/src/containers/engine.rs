//! A container engine of the tests' own, beside one that the machine may have: with its network go its bridges and the
//! rules of its firewall, and in there every port is free.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::process::{command, output, run};
use crate::target_dir::target_dir;

const PATIENCE: Duration = Duration::from_secs(60);

/// Before a program that ends with this process, however that ends.
const NO_LONGER: &str = "--pdeathsig=KILL";

/// Before the first of a namespace of processes, which all end with it, and have mounts and a network of their own.
const ALONE: [&str; 8] =
    [NO_LONGER, "unshare", "--net", "--pid", "--mount", "--fork", "--kill-child", "--mount-proc"];
const AT_ITSELF: [&str; 3] = ["sh", "-c", "ip link set lo up && exec \"$0\" \"$@\""];

/// From that network to this machine's leads a process, which needs no rule of a firewall. In there it has a resolver
/// that asks this machine's, wherever that is.
const UPLINK: [&str; 5] = [NO_LONGER, "slirp4netns", "--configure", "--mtu=65520", "--disable-host-loopback"];
const RESOLVER: &str = "10.0.2.3";

/// What an earlier one may have left where it was broken off. Images stay.
const REST: [&str; 4] = [
    "docker ps --all --quiet | xargs --no-run-if-empty docker rm --force --volumes",
    "docker volume ls --quiet | xargs --no-run-if-empty docker volume rm",
    "docker network prune --force",
    "docker image prune --force",
];

/// Ends when it is dropped, and its containers with it.
pub(crate) struct Engine {
    place: PathBuf,
    /// In whose network the engine is.
    process: Child,
    uplink: Option<Child>,
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
        dockerd.args(AT_ITSELF).args(["dockerd", "--data-root", &path("data"), "--exec-root", &path("exec")]);
        dockerd.args(["--pidfile", &path("pid"), "--host", &format!("unix://{}", path("sock"))]);
        dockerd.args(["--dns", RESOLVER]);
        dockerd.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        // Which one that was killed leaves, and by whose numbers of processes it would take others for its own.
        let _ = fs::remove_file(place.join("pid"));
        let _ = fs::remove_dir_all(place.join("exec"));
        let process = dockerd.spawn().context("cannot start dockerd, which root may")?;
        let mut engine = Self { place, process, uplink: None };
        engine.wait_until("dockerd does not serve", |engine| {
            output(command("docker", ["info"]).envs(engine.environment())).is_ok()
        })?;
        engine.connect()?;
        engine.clear()?;
        Ok(engine)
    }

    /// What is built fetches what it is built of. Not before the engine serves: until then its network may still be this
    /// machine's.
    fn connect(&mut self) -> Result<()> {
        let process = self.process.id();
        let mut uplink = command("setpriv", UPLINK);
        uplink.args([&process.to_string(), "tap0"]);
        uplink.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        self.uplink = Some(uplink.spawn().context("cannot start slirp4netns")?);
        self.wait_until("its network leads nowhere", |_| {
            let routes = fs::read_to_string(format!("/proc/{process}/net/route"));
            routes.is_ok_and(|routes| routes.contains("tap0\t00000000"))
        })
    }

    fn wait_until(&mut self, otherwise: &str, is_so: impl Fn(&Self) -> bool) -> Result<()> {
        let began_at = Instant::now();
        while !is_so(self) {
            if self.process.try_wait()?.is_some() || began_at.elapsed() > PATIENCE {
                bail!("{otherwise}: see {}", self.place.join("log").display());
            }
            sleep(Duration::from_millis(200));
        }
        Ok(())
    }

    fn clear(&self) -> Result<()> {
        let clear = |rest| run(command("sh", ["-c", rest]).envs(self.environment()).stdout(Stdio::null()));
        REST.into_iter().try_for_each(clear)
    }

    /// By which its clients find it, and what its containers publish. The builder is the one that it has inside.
    pub(crate) fn environment(&self) -> [(&'static str, String); 4] {
        let path = |name: &str| self.place.join(name).to_string_lossy().into_owned();
        [
            ("DOCKER_HOST", format!("unix://{}", path("sock"))),
            ("DOCKER_CONFIG", path("config")),
            ("DOCKER_BUILDKIT", "0".into()),
            ("ENGINE_NETWORK", format!("/proc/{}/ns/net", self.process.id())),
        ]
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // Its containers before itself, and it has nothing to write any more.
        let _ = self.clear();
        for process in [Some(&mut self.process), self.uplink.as_mut()].into_iter().flatten() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}
