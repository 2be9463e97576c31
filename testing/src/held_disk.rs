//! A disk that hangs, before programs of a test's own.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What stands between programs and their disk; `held_disk.c` says how.
pub struct HeldDisk {
    path: PathBuf,
}

impl HeldDisk {
    /// One that does not hang yet. The file that says when it does is made in `directory`.
    pub fn new(directory: &Path) -> Self {
        Self { path: directory.join("held-disk") }
    }

    /// Has a program that is yet to be started confirm nothing that it writes while this is
    /// [held](Self::hold).
    pub fn put_before(&self, command: &mut Command) {
        command.env("LD_PRELOAD", concat!(env!("OUT_DIR"), "/held_disk.so")).env("HELD_DISK", &self.path);
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
