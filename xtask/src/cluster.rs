//! The manifests of `deploy/kubernetes/`, applied to a real cluster's control plane as the book says. It has no nodes.

use anyhow::{Result, ensure};

use crate::book;
use crate::root::root;
use crate::setup::{self, ETCD};

/// As blocks of the book are marked with it, and the variable that says where the programs are.
const NAME: &str = "cluster";
const PROGRAMS_IN: &str = "KUBERNETES";
/// No registry of packages has them, and Debian's kubectl is too old for what is typed.
const PROGRAMS: [&str; 3] = ["kube-apiserver", "kube-controller-manager", "kubectl"];

pub(crate) fn hold() -> Result<()> {
    setup::tools(&[ETCD])?;
    let folder = root().join(std::env::var_os(PROGRAMS_IN).unwrap_or_default());
    for name in PROGRAMS {
        ensure!(
            folder.join(name).is_file(),
            "{PROGRAMS_IN} is `{}`, where there is no {name}; expected the folder with {} of a release of Kubernetes, \
             which are in its server binaries",
            folder.display(),
            PROGRAMS.join(", ")
        );
    }
    book::type_for(NAME, [(PROGRAMS_IN, folder.to_string_lossy().into_owned())])
}
