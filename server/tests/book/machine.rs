//! A machine that systemd has booted, beside the one on which the test runs: its files are that one's until they are
//! written, which is forgotten in the end, and its network and processes are its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::shell::Shell;

const PATIENCE: Duration = Duration::from_secs(60);

/// `$1` is the desk, which is there as well, and `$3` a name that nobody else has. Nothing but what every machine has is
/// started: there may be much installed on this one.
const BOOT: &str = r#"set -e
# Units have control groups by their names, which are not to be those of another machine's units.
for groups in /sys/fs/cgroup /sys/fs/cgroup/systemd /sys/fs/cgroup/unified; do
    if [ -e $groups/cgroup.procs ]; then
        mkdir "$groups/$3"
        echo 0 > "$groups/$3/cgroup.procs"
    fi
done
mount -t proc proc /proc
mount -t tmpfs tmpfs /mnt
mkdir /mnt/written /mnt/work /mnt/root
mount -t overlay overlay -o lowerdir=/,upperdir=/mnt/written,workdir=/mnt/work /mnt/root
exec systemd-nspawn --quiet --directory=/mnt/root --machine=book --register=no --keep-unit --private-network \
    --link-journal=no --bind="$1" --bind-ro="$2" --boot systemd.unit=basic.target"#;

pub(crate) struct Machine {
    name: String,
    /// Ends all others with it.
    process: Child,
    /// The first process in there, as this machine counts it.
    init: u32,
}

impl Machine {
    /// Boots one where `desk` and `programs` are where they are here.
    pub(crate) fn boot(desk: &Path, programs: &Path) -> Self {
        let mut command = Command::new("unshare");
        command.args(["--mount", "--pid", "--fork", "--kill-child", "bash", "-c", BOOT, "boot"]);
        let name = format!("book-{}", desk.file_name().unwrap().to_str().unwrap().trim_start_matches('.'));
        command.args([desk, programs]).arg(&name).stdin(Stdio::null());
        let log = fs::File::create(desk.join(".booted")).unwrap();
        command.stdout(log.try_clone().unwrap()).stderr(log);
        let process = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let mut machine = Self { name, process, init: 0 };
        let began_at = Instant::now();
        while !machine.has_booted() {
            let goes_on = machine.process.try_wait().unwrap().is_none() && began_at.elapsed() < PATIENCE;
            let said = || fs::read_to_string(desk.join(".booted")).unwrap_or_default();
            assert!(goes_on, "systemd does not boot, in a namespace that root makes\n{}", said());
            thread::sleep(Duration::from_millis(50));
        }
        machine
    }

    fn has_booted(&mut self) -> bool {
        // Of `unshare` it is what starts the container, and of that the container's first.
        let Some(init) = only_child(self.process.id()).and_then(only_child) else { return false };
        self.init = init;
        let asked = self.command().args(["systemctl", "--quiet", "is-active", "basic.target"]).output();
        asked.is_ok_and(|answer| answer.status.success())
    }

    /// Its processes end after the one that ended them.
    fn has_groups(&self) -> bool {
        ["", "systemd", "unified"]
            .iter()
            .any(|at| Path::new("/sys/fs/cgroup").join(at).join(&self.name).exists())
    }

    /// What is executed in there by root, who has just come.
    fn command(&self) -> Command {
        let mut command = Command::new("nsenter");
        command.args(["--target", &self.init.to_string(), "--all", "--root", "--wd=/", "env"]);
        command.env_clear().env("HOME", "/root").env("LANG", "C.UTF-8");
        command.env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
        command
    }

    /// A shell in there that begins in `directory`.
    pub(crate) fn shell(&self, directory: &Path, record: PathBuf) -> Shell {
        let mut command = self.command();
        command.arg("--chdir").arg(directory);
        Shell::start(command, record)
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        // Of control groups directories alone can be removed, and only when nothing is in there.
        let remove = r#"find /sys/fs/cgroup -depth -type d -path "*/$1*" -exec rmdir {} + 2> /dev/null"#;
        let began_at = Instant::now();
        while self.has_groups() && began_at.elapsed() < PATIENCE {
            let _ = Command::new("sh").args(["-c", remove, "sh", &self.name]).status();
            thread::sleep(Duration::from_millis(50));
        }
    }
}

fn only_child(of: u32) -> Option<u32> {
    fs::read_to_string(format!("/proc/{of}/task/{of}/children")).ok()?.trim().parse().ok()
}
