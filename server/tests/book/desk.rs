//! What is before a reader who begins a chapter: a checkout in which the server is built, and the programs that the
//! chapters are about.

use std::env;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::machine::Machine;
use crate::pages::{root, tracked};
use crate::shell::{Shell, Until};
use crate::task;

const SERVER: &str = env!("CARGO_BIN_EXE_session-server");

/// There is no network, and all that is built with has been fetched.
const CARGO: &str = "server/tests/book/cargo.sh";

/// What there is to copy from, to start and to read. The rest of a checkout is for building.
const FOLDERS: [&str; 4] = ["deploy", "examples", "session-wasm/examples", "vectors"];

/// By which Docker's client finds the engine of a task; and the tool chain whose cargo this is, or each crate that names one
/// gets another.
const HANDED_ON: [&str; 4] = ["DOCKER_HOST", "DOCKER_CONFIG", "DOCKER_BUILDKIT", "RUSTUP_TOOLCHAIN"];

/// What `npm ci` has put into these.
const NODE_MODULES: &str = "session-wasm/examples/node_modules";

/// Programs that may be elsewhere than on the path, by the variables that say where.
const PROGRAMS: [(&str, &str); 3] = [("CADDY", "caddy"), ("ENVOY", "envoy"), ("TRAEFIK", "traefik")];

/// Programs that are in one folder, by the variable that says where: the command line of AWS, and what a cluster
/// consists of.
const FOLDERS_OF_PROGRAMS: [(&str, &[&str]); 2] =
    [(DEPLOY_TOOLS, &["aws"]), ("KUBERNETES", &["kube-apiserver", "kube-controller-manager", "kubectl"])];

/// With what stands for AWS itself.
const DEPLOY_TOOLS: &str = "DEPLOY_TOOLS";
const ACCOUNT: &str = "testing/aws.py";

const CLUSTER: &str = "server/tests/book/cluster.sh";

const AWS: [(&str, &str); 5] = [
    ("AWS_ENDPOINT_URL", "http://127.0.0.1:5000"),
    ("AWS_ACCESS_KEY_ID", "anything"),
    ("AWS_SECRET_ACCESS_KEY", "anything"),
    ("AWS_DEFAULT_REGION", "us-east-1"),
    ("AWS_PAGER", ""),
];

/// Where `cargo xtask test book` has put packages, since there is no network to take them from.
const PACKAGES: &str = "BOOK_PACKAGES";

pub(crate) struct Desk {
    /// The checkout, and beside it what the test keeps: a checkout that nobody has changed is built once.
    directory: TempDir,
}

impl Desk {
    pub(crate) fn new() -> Self {
        let desk = Self { directory: tempfile::tempdir().unwrap() };
        fs::create_dir(desk.checkout()).unwrap();
        fs::create_dir_all(desk.record().join("at-machine")).unwrap();
        let all = ["."];
        let folders = if task::has_engine() { &all[..] } else { &FOLDERS };
        for file in folders.iter().flat_map(|folder| tracked(folder)) {
            let copy = desk.path(&file);
            fs::create_dir_all(copy.parent().unwrap()).unwrap();
            fs::copy(root().join(&file), copy).unwrap();
        }
        for place in ["target/debug", ".bin"] {
            desk.link(Path::new(SERVER), &format!("{place}/session-server"));
        }
        // It is there once its reader has built it, and until then it is the same.
        let release = Path::new(SERVER).ancestors().nth(2).unwrap().join("release/session-server");
        let release = if task::builds() { &release } else { Path::new(SERVER) };
        desk.link(release, "target/release/session-server");
        desk.link(&root().join(CARGO), ".bin/cargo");
        desk.link(&root().join(NODE_MODULES), NODE_MODULES);
        for (variable, name) in PROGRAMS {
            if let Some(program) = env::var_os(variable) {
                desk.link(Path::new(&program), &format!(".bin/{name}"));
            }
        }
        for (variable, names) in FOLDERS_OF_PROGRAMS {
            let Some(folder) = env::var_os(variable).map(PathBuf::from) else { continue };
            for name in names {
                desk.link(&folder.join(name), &format!(".bin/{name}"));
            }
        }
        desk
    }

    /// Where what a page calls `name` is.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.checkout().join(name)
    }

    fn checkout(&self) -> PathBuf {
        self.directory.path().join("checkout")
    }

    /// Of what is typed, and what comes.
    fn record(&self) -> PathBuf {
        self.directory.path().join("record")
    }

    /// A shell at it, on a machine of its own as far as processes go, and networks unless a task has an engine, which has
    /// one: every port is free there, and whatever was started ends with the shell.
    pub(crate) fn shell(&self) -> Shell {
        let alone = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"];
        // By itself it starts what follows.
        let mut command = Command::new("nsenter");
        if let Some(network) = task::network() {
            command.arg(format!("--net={network}")).args(alone);
        } else {
            // The rest of the command is the shell.
            command.args(alone).args(["--net", "sh", "-c", "ip link set lo up && exec \"$@\"", "sh"]);
        }
        let path = format!("{}:{}", self.path(".bin").display(), env::var("PATH").unwrap());
        command.current_dir(self.checkout()).env_clear().envs(AWS);
        if let Some(packages) = env::var_os(PACKAGES).map(PathBuf::from) {
            command.env("npm_config_cache", packages.join("npm")).env("npm_config_offline", "true");
            command.env("PIP_FIND_LINKS", packages.join("wheels")).env("PIP_NO_INDEX", "1");
        }
        command.env("PATH", path).env("HOME", self.checkout()).env("LANG", "C.UTF-8");
        command.env("CHECKOUT", root()).env("CARGO", env!("CARGO")).env("CARGO_NET_OFFLINE", "true");
        // Where they are unless they are said to be elsewhere, of whoever runs the test.
        let home = PathBuf::from(env::var_os("HOME").unwrap_or_default());
        for (variable, place) in [("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup")] {
            command.env(variable, env::var_os(variable).unwrap_or_else(|| home.join(place).into()));
        }
        command.envs(HANDED_ON.iter().filter_map(|name| Some((name, env::var_os(name)?))));
        Shell::start(command, self.record())
    }

    /// A machine at which what is on the desk is at hand.
    pub(crate) fn boot(&self) -> Machine {
        Machine::boot(self.directory.path(), Path::new(SERVER).parent().unwrap())
    }

    pub(crate) fn shell_at(&self, machine: &Machine) -> Shell {
        machine.shell(&self.checkout(), self.record().join("at-machine"))
    }

    /// Who has an account at AWS finds it here.
    pub(crate) fn open_account(shell: &mut Shell) -> Result<(), String> {
        let tools = env::var(DEPLOY_TOOLS).map_err(|_| format!("{DEPLOY_TOOLS} is not set"))?;
        shell.perform(&format!("{tools}/python $CHECKOUT/{ACCOUNT} > aws.log 2>&1 &"), &Until::ItEnded)?;
        let is_there = "until curl -s -o /dev/null $AWS_ENDPOINT_URL; do sleep 0.1; done";
        shell.perform(is_there, &Until::ItEnded).map(drop)
    }

    /// Who has a cluster may do all in it.
    pub(crate) fn join_cluster(shell: &mut Shell) -> Result<(), String> {
        shell.perform(&format!("$CHECKOUT/{CLUSTER}"), &Until::ItEnded).map(drop)
    }

    fn link(&self, to: &Path, name: &str) {
        let from = self.path(name);
        fs::create_dir_all(from.parent().unwrap()).unwrap();
        symlink(to, from).unwrap();
    }
}
