//! The manifests of `deploy/kubernetes/`, applied to a real cluster's control plane as the book says. It has no nodes.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::book;
use crate::process::{command, output};
use crate::setup::{self, ETCD};

/// As blocks of the book are marked with it, and the variable that says where the programs are.
const NAME: &str = "cluster";
const PROGRAMS_IN: &str = "KUBERNETES";
/// No registry of packages has them.
const PROGRAMS: [&str; 2] = ["kube-apiserver", "kube-controller-manager"];
const EXPECTED: &str = "expected the folder with kube-apiserver and kube-controller-manager of a release of Kubernetes, \
                        which are in its server binaries";

pub(crate) fn hold() -> Result<()> {
    setup::tools(&[ETCD])?;
    let folder = programs()?;
    book::type_for(NAME, [(PROGRAMS_IN, folder.to_string_lossy().into_owned())])
}

fn programs() -> Result<PathBuf> {
    let folder = std::env::var_os(PROGRAMS_IN).map(PathBuf::from);
    let folder = folder.with_context(|| format!("{PROGRAMS_IN} is not set; {EXPECTED}"))?;
    for name in PROGRAMS {
        let program = folder.join(name);
        let said = output(command("env", [&program as &Path]).arg("--version"))
            .with_context(|| format!("{PROGRAMS_IN} is {}; {EXPECTED}", folder.display()))?;
        ensure!(said.starts_with("Kubernetes "), "{} says `{said}`; {EXPECTED}", program.display());
    }
    Ok(folder)
}
