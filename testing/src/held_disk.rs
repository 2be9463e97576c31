//! A disk that hangs, before a program of a test's own.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What stands between one program and its disk; `held_disk.c` says how.
pub struct HeldDisk {
    path: PathBuf,
}

impl HeldDisk {
    /// Has a program that is yet to be started confirm nothing that it writes while this is
    /// [held](Self::hold). The file that says so is made in `directory`.
    pub fn before(command: &mut Command, directory: &Path) -> Self {
        let path = directory.join("held-disk");
        command.env("LD_PRELOAD", concat!(env!("OUT_DIR"), "/held_disk.so")).env("HELD_DISK", &path);
        Self { path }
    }

    /// From now on it hangs.
    pub fn hold(&self) {
        File::create(&self.path).expect("a file that holds the disk");
    }

    /// And goes on.
    pub fn release(&self) {
        fs::remove_file(&self.path).expect("a disk that was held");
    }
}
