//! What is read again while the server serves: the key ring and the management tokens, at a SIGHUP, and when a file
//! has become another, which is how containers hear of a new secret.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use session_http::App;
use tokio::signal::unix::Signal;
use tokio::time::{MissedTickBehavior, interval};

use crate::key_file;
use crate::management::TokenFile;

/// How soon a file that has changed is read. It is looked at, since not every file system tells of changes.
const INTERVAL: Duration = Duration::from_secs(1);

/// What was in use goes on being used where the new cannot be read.
pub(crate) fn start(app: &App, mut keys: Watched, mut tokens: Option<TokenFile>, mut hang_up: Signal) {
    let app = app.clone();
    tokio::spawn(async move {
        let mut ticks = interval(INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let is_told = tokio::select! {
                told = hang_up.recv() => told.is_some(),
                _ = ticks.tick() => false,
            };
            if keys.has_changed() || is_told {
                read_keys(&app, keys.path());
            }
            if let Some(tokens) = &mut tokens
                && (tokens.file.has_changed() || is_told)
            {
                tokens.read_again();
            }
        }
    });
}

fn read_keys(app: &App, path: &Path) {
    match key_file::load(path) {
        Ok(ring) => {
            app.sessions().change_keys(&ring);
            tracing::info!("key ring is read again");
        }
        Err(error) => {
            tracing::error!(%error, "key ring is not read again, and the keys of before go on: mend the file");
        }
    }
}

/// A file, and which one it was.
pub(crate) struct Watched {
    path: PathBuf,
    seen: Option<Stamp>,
}

/// The device, the file, its length, and when it or who may read it was last changed: where all are the same, so is
/// the content, be it written in place, replaced, or behind a link that leads elsewhere (R62, R64).
#[derive(PartialEq, Eq)]
struct Stamp(u64, u64, u64, i64, i64);

impl Watched {
    /// To be made before the file is read first, so that no change is missed in between.
    pub(crate) fn new(path: &Path) -> Self {
        Self { seen: stamp(path), path: path.to_owned() }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it is another than before. A file that is gone for a moment, or for longer, is none.
    fn has_changed(&mut self) -> bool {
        let now = stamp(&self.path);
        let has_changed = now.is_some() && now != self.seen;
        if has_changed {
            self.seen = now;
        }
        has_changed
    }
}

fn stamp(path: &Path) -> Option<Stamp> {
    let found = fs::metadata(path).ok()?;
    Some(Stamp(found.dev(), found.ino(), found.len(), found.ctime(), found.ctime_nsec()))
}
