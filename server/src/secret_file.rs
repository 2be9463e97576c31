//! Files with secrets, as orchestrators mount them (R64).

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use zeroize::Zeroizing;

/// Whoever else may write the file may put a secret of their own there.
const OTHERS_WRITE: u32 = 0o022;
const OTHERS_READ: u32 = 0o004;

/// Why a secret was not read.
pub(crate) enum Unread {
    Io(io::Error),
    OthersWrite,
}

/// Reads a file that nobody but its owner can change. That others can read it is warned of and no more:
/// on a read-only mount it cannot be helped. `kind` is what the file is called in that warning.
pub(crate) fn read(kind: &str, path: &Path) -> Result<Zeroizing<String>, Unread> {
    let mode = fs::metadata(path).map_err(Unread::Io)?.mode();
    if mode & OTHERS_WRITE != 0 {
        return Err(Unread::OthersWrite);
    }
    if mode & OTHERS_READ != 0 {
        let shown = path.display();
        tracing::warn!("{kind} `{shown}` can be read by every user of this machine: run `chmod go-r` on it");
    }
    fs::read_to_string(path).map(Zeroizing::new).map_err(Unread::Io)
}

impl Unread {
    /// In a sentence that names the file.
    pub(crate) fn told(&self, kind: &str, path: &Path) -> String {
        let shown = path.display();
        match self {
            Self::Io(error) => format!("{kind} `{shown}` cannot be read: {error}"),
            Self::OthersWrite => {
                format!("{kind} `{shown}` can be written by others than its owner; run `chmod go-w` on it")
            }
        }
    }
}
