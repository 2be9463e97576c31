//! What the tasks need from outside, fetched on first use.

use std::path::Path;

use anyhow::{Result, bail};

use crate::process::{command, is_installed, output, run};

pub(crate) const WASM_TARGET: &str = "wasm32-unknown-unknown";
/// A target without an operating system: what builds for it needs none.
pub(crate) const BARE_TARGET: &str = "thumbv7em-none-eabi";

pub(crate) const CC: Tool = Tool { program: "cc", debian_package: "gcc" };
/// Compiles C for servers that are linked to nothing.
pub(crate) const MUSL: Tool = Tool { program: "musl-gcc", debian_package: "musl-tools" };
pub(crate) const STRIP: Tool = Tool { program: "strip", debian_package: "binutils" };
pub(crate) const CXX: Tool = Tool { program: "c++", debian_package: "g++" };
pub(crate) const CHROMIUM: Tool = Tool { program: "chromium", debian_package: "chromium" };
pub(crate) const FIREFOX: Tool = Tool { program: "firefox-esr", debian_package: "firefox-esr" };
/// Asked for by its driver, which brings it; a browser of its own, MiniBrowser, is not on the path.
pub(crate) const WEBKITGTK: Tool = Tool { program: "WebKitWebDriver", debian_package: "webkit2gtk-driver" };
/// The display of browsers that cannot do without one.
pub(crate) const XVFB: Tool = Tool { program: "Xvfb", debian_package: "xvfb" };
/// Makes certificates and passwords for tests.
pub(crate) const OPENSSL: Tool = Tool { program: "openssl", debian_package: "openssl" };
/// What the book looks at servers with.
pub(crate) const CURL: Tool = Tool { program: "curl", debian_package: "curl" };
/// What the book takes keys out of a ring with.
pub(crate) const JQ: Tool = Tool { program: "jq", debian_package: "jq" };
pub(crate) const REDIS: Tool = Tool { program: "redis-server", debian_package: "redis-server" };
/// Judges the unit of `deploy/systemd/`; that it is at work is not needed.
pub(crate) const SYSTEMD: Tool = Tool { program: "systemd-analyze", debian_package: "systemd" };
/// Boots systemd in a container, for what a reader does on a machine that it runs.
pub(crate) const NSPAWN: Tool = Tool { program: "systemd-nspawn", debian_package: "systemd-container" };
/// A container engine, and what its networks and base images are made with.
pub(crate) const DOCKERD: Tool = Tool { program: "dockerd", debian_package: "docker.io" };
pub(crate) const IPTABLES: Tool = Tool { program: "iptables", debian_package: "iptables" };
/// Leads out of the network of its own in which it is.
pub(crate) const SLIRP: Tool = Tool { program: "slirp4netns", debian_package: "slirp4netns" };
pub(crate) const MMDEBSTRAP: Tool = Tool { program: "mmdebstrap", debian_package: "mmdebstrap" };
/// Moves the clock of a program.
pub(crate) const FAKETIME: Tool = Tool { program: "faketime", debian_package: "faketime" };
/// Where a cluster keeps what it was told.
pub(crate) const ETCD: Tool = Tool { program: "etcd", debian_package: "etcd-server" };
/// Puts the manifests of `deploy/kubernetes/` together; that there is a cluster is not needed.
pub(crate) const KUBECTL: Tool = Tool { program: "kubectl", debian_package: "kubernetes-client" };
/// Judges and tries the alerts of `deploy/telemetry/`; that Prometheus is at work is not needed.
pub(crate) const PROMTOOL: Tool = Tool { program: "promtool", debian_package: "prometheus" };
pub(crate) const NGINX: Tool = Tool { program: "nginx", debian_package: "nginx" };
pub(crate) const HAPROXY: Tool = Tool { program: "haproxy", debian_package: "haproxy" };
/// `unshare` and `nsenter`, and `ip`: networks of a test's own. And `taskset`.
pub(crate) const UTIL_LINUX: Tool = Tool { program: "nsenter", debian_package: "util-linux" };
pub(crate) const IPROUTE: Tool = Tool { program: "ip", debian_package: "iproute2" };
/// Counts what a program executes.
pub(crate) const VALGRIND: Tool = Tool { program: "valgrind", debian_package: "valgrind" };
/// Loads a server with requests.
pub(crate) const WRK: Tool = Tool { program: "wrk", debian_package: "wrk" };
pub(crate) const PYTHON: Tool = Tool { program: "python3", debian_package: "python3" };
pub(crate) const PIP: Tool = Tool { program: "pip3", debian_package: "python3-pip" };

/// A program that Debian packages.
pub(crate) struct Tool {
    pub(crate) program: &'static str,
    debian_package: &'static str,
}

/// Adds the Rust target `triple` unless the tool chain has it.
pub(crate) fn rust_target(triple: &str) -> Result<()> {
    let query = ["--print", "target-libdir", "--target", triple];
    if Path::new(&output(&mut command("rustc", query))?).is_dir() {
        return Ok(());
    }
    eprintln!("xtask: adding the Rust target {triple}");
    run(&mut command("rustup", ["target", "add", triple]))
}

/// Installs those of `tools` that are missing when it may, and otherwise says how to.
pub(crate) fn tools(tools: &[Tool]) -> Result<()> {
    let mut missing = Vec::new();
    for tool in tools {
        if !is_installed(tool.program)? {
            missing.push(tool.debian_package);
        }
    }
    if missing.is_empty() { Ok(()) } else { install(&missing) }
}

/// Python with its own installer, which Debian packages apart and which is no program.
pub(crate) fn python_environments() -> Result<()> {
    tools(&[PYTHON])?;
    let found = output(&mut command("python3", ["-c", "import ensurepip"]));
    if found.is_ok() { Ok(()) } else { install(&["python3-venv"]) }
}

fn install(missing: &[&str]) -> Result<()> {
    let names = missing.join(" ");
    let may_install = is_installed("apt-get")? && output(&mut command("id", ["-u"]))? == "0";
    if !may_install {
        bail!("missing: {names}; install with `sudo apt-get install {names}`");
    }
    eprintln!("xtask: installing {names} with apt-get");
    run(command("apt-get", ["update", "--quiet"]).env("DEBIAN_FRONTEND", "noninteractive"))?;
    let install = ["install", "--quiet", "--yes", "--no-install-recommends"];
    run(command("apt-get", install).args(missing).env("DEBIAN_FRONTEND", "noninteractive"))
}
