//! The key ring file: read by those who serve, made and changed by `keys`.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use session_core::KeyRing;
use session_engine::private_file;
use zeroize::Zeroizing;

use crate::Result;
use crate::data_files::make_parent;

/// Whoever else may write the file may sign.
const OTHERS_WRITE: u32 = 0o022;
const OTHERS_READ: u32 = 0o004;

/// Reads a key ring that nobody but its owner can change. That others can read it is warned of and no
/// more: orchestrators mount secrets so, and on a read-only mount it cannot be helped (R64).
pub(crate) fn load(path: &Path) -> Result<KeyRing> {
    let shown = path.display();
    let unreadable = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => {
            format!(
                "key ring `{shown}` is missing: bring it from the other servers of this store, or make one with `session-server keys new`, which ends every session"
            )
        }
        _ => format!("key ring `{shown}` cannot be read: {error}"),
    };
    let mode = fs::metadata(path).map_err(unreadable)?.mode();
    if mode & OTHERS_WRITE != 0 {
        return Err(format!(
            "key ring `{shown}` can be written by others than its owner; run `chmod go-w` on it"
        )
        .into());
    }
    if mode & OTHERS_READ != 0 {
        tracing::warn!("key ring `{shown}` can be read by every user of this machine");
    }
    let json = Zeroizing::new(fs::read_to_string(path).map_err(unreadable)?);
    Ok(KeyRing::from_json(&json).map_err(|error| format!("key ring `{shown}`: {error}"))?)
}

/// Makes a key ring; never over another one.
pub(crate) fn create(path: &Path) -> Result<KeyRing> {
    create_or(path, |error| Err(format!("key ring `{}` cannot be made: {error}", path.display()).into()))
}

/// Makes a key ring, or reads the one that another server has made at the same moment.
pub(crate) fn create_or_load(path: &Path) -> Result<KeyRing> {
    create_or(path, |error| match error.kind() {
        io::ErrorKind::AlreadyExists => load(path),
        _ => Err(format!("key ring `{}` cannot be made: {error}", path.display()).into()),
    })
}

fn create_or(path: &Path, otherwise: impl FnOnce(io::Error) -> Result<KeyRing>) -> Result<KeyRing> {
    let ring = KeyRing::generate()?;
    make_parent(path)?;
    private_file::create(path, text(&ring).as_bytes()).map_or_else(otherwise, |()| Ok(ring))
}

/// Changes the key ring in the file, unless `change` fails; nobody else changes it meanwhile.
pub(crate) fn change<T>(path: &Path, change: impl FnOnce(&mut KeyRing) -> Result<T>) -> Result<T> {
    let unwritable = |error: io::Error| format!("key ring `{}` cannot be written: {error}", path.display());
    // Without a ring there is nothing to lock.
    load(path)?;
    let _lock = private_file::lock(path).map_err(unwritable)?;
    let mut ring = load(path)?;
    let result = change(&mut ring)?;
    private_file::replace(path, text(&ring).as_bytes()).map_err(unwritable)?;
    Ok(result)
}

fn text(ring: &KeyRing) -> Zeroizing<String> {
    let mut text = ring.to_json();
    text.push('\n');
    text
}
