//! Files for their owner's eyes alone: keys, password hashes, sessions.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

const FILE_MODE: u32 = 0o600;
const DIRECTORY_MODE: u32 = 0o700;

/// Makes a directory, and those it is in, unless they are there.
///
/// # Errors
/// What the operating system says.
pub fn make_directory(directory: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(DIRECTORY_MODE).create(directory)
}

/// The directory that a file is in.
#[must_use]
pub fn directory_of(file: &Path) -> &Path {
    file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Makes a file with this content; never over another one.
///
/// # Errors
/// What the operating system says, such as that the file is there already.
pub fn create(path: &Path, content: &[u8]) -> io::Result<()> {
    write(OpenOptions::new().write(true).create_new(true), path, content)?;
    sync_directory(directory_of(path))
}

/// Puts a file with this content in the place of another. After a crash it is the old or the new one.
///
/// # Errors
/// What the operating system says; then the old file is as it was.
pub fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    write(OpenOptions::new().write(true).create(true).truncate(true), beside.as_ref(), content)?;
    fs::rename(&beside, path)?;
    sync_directory(directory_of(path))
}

/// Waits until nobody else has this lock, and holds it until it is dropped. It is a file of its own
/// beside the other, since that one is replaced.
///
/// # Errors
/// What the operating system says.
pub fn lock(path: &Path) -> io::Result<File> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".lock");
    let file = options().append(true).open(beside)?;
    file.lock()?;
    Ok(file)
}

/// How a file is opened that is made for its owner alone if it is not there.
#[must_use]
pub fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.create(true).mode(FILE_MODE);
    options
}

/// A file's name must survive a loss of power as well as its content.
pub(crate) fn sync_directory(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

fn write(options: &mut OpenOptions, path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = options.mode(FILE_MODE).open(path)?;
    file.write_all(content)?;
    file.sync_all()
}
