//! Files for their owner's eyes alone: keys, password hashes, sessions.

use std::fs::{self, DirBuilder, File, Metadata, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

const FILE_MODE: u32 = 0o600;
const DIRECTORY_MODE: u32 = 0o700;

/// A lock file has no content, and whoever may read the file beside it must be able to lock it.
const LOCK_MODE: u32 = 0o644;

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

/// Makes a file with this content; never over another one, and never half of it: of several that
/// make it at once, one does, and the others find it whole.
///
/// # Errors
/// What the operating system says, such as that the file is there already.
pub fn create(path: &Path, content: &[u8]) -> io::Result<()> {
    let draft = Draft::beside(path, &std::process::id().to_string())?;
    draft.write(content)?;
    // Unlike a renaming, a link never takes the place of a file.
    fs::hard_link(&draft.0, path)?;
    drop(draft);
    sync_directory(directory_of(path))
}

/// Gives a file other content, and leaves its owner, group and mode as they are (R62). A symbolic
/// link stays one: the file that it leads to is changed. After a crash it is the old content or the
/// new one, unless the file can only be written in place, as one can that is mounted by itself.
///
/// # Errors
/// What the operating system says; then the old content is as it was, and nothing is left beside it.
pub fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let path = &target_of(path)?;
    let Some(old) = metadata_if_any(path)? else { return create(path, content) };
    match put_in_place_of(path, &old, content) {
        Ok(()) => sync_directory(directory_of(path)),
        // A directory of somebody else's, an owner that cannot be given, or a mount in the way.
        Err(error) if error.kind() != io::ErrorKind::StorageFull => overwrite(path, content),
        Err(error) => Err(error),
    }
}

/// Waits until nobody else has this lock, and holds it until it is dropped. It is a file of its own
/// beside the other, since that one is replaced; where none can be made, it is the other one.
///
/// # Errors
/// What the operating system says.
pub fn lock(path: &Path) -> io::Result<File> {
    let path = target_of(path)?;
    let beside = beside(&path, "lock");
    let opened = match File::open(&beside) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let mut options = OpenOptions::new();
            options.create(true).append(true).mode(LOCK_MODE).open(&beside)
        }
        opened => opened,
    };
    let file = match opened {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(error),
        opened => opened.or_else(|_| File::open(&path))?,
    };
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

/// Where the symbolic links lead, also when there is no file there yet.
fn target_of(path: &Path) -> io::Result<PathBuf> {
    match fs::canonicalize(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => match fs::read_link(path) {
            Ok(target) => Ok(directory_of(path).join(target)),
            Err(_) => Ok(path.to_owned()),
        },
        target => target,
    }
}

fn metadata_if_any(path: &Path) -> io::Result<Option<Metadata>> {
    match fs::metadata(path) {
        Ok(metadata) => Ok(Some(metadata)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn beside(path: &Path, extension: &str) -> PathBuf {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".");
    beside.push(extension);
    beside.into()
}

fn put_in_place_of(path: &Path, old: &Metadata, content: &[u8]) -> io::Result<()> {
    let draft = Draft::beside(path, "new")?;
    let file = draft.write(content)?;
    let new = file.metadata()?;
    if (new.uid(), new.gid()) != (old.uid(), old.gid()) {
        fchown(&file, Some(old.uid()), Some(old.gid()))?;
    }
    file.set_permissions(fs::Permissions::from_mode(old.mode() & 0o7777))?;
    fs::rename(&draft.0, path)
}

/// A file that is gone again unless it was given another name.
struct Draft(PathBuf);

impl Draft {
    fn beside(path: &Path, extension: &str) -> io::Result<Self> {
        let draft = Self(beside(path, extension));
        // What a crash left behind may have another's owner or mode.
        match fs::remove_file(&draft.0) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(draft),
        }
    }

    fn write(&self, content: &[u8]) -> io::Result<File> {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(&self.0)?;
        file.write_all(content)?;
        file.sync_all()?;
        Ok(file)
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// Puts the old content back when the new one does not fit.
fn overwrite(path: &Path, content: &[u8]) -> io::Result<()> {
    let old = fs::read(path)?;
    write_over(path, content).inspect_err(|_| drop(write_over(path, &old)))
}

fn write_over(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).open(path)?;
    file.write_all(content)?;
    file.set_len(content.len() as u64)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;
    use std::thread;

    use super::*;

    fn mode_of(path: &Path) -> u32 {
        fs::metadata(path).unwrap().mode() & 0o7777
    }

    fn names_in(directory: &Path) -> Vec<String> {
        let names = fs::read_dir(directory).unwrap();
        let mut names: Vec<_> =
            names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// R62: and what stood for the new content meanwhile is gone.
    #[test]
    fn a_file_that_is_replaced_keeps_its_mode_and_a_link_stays_a_link() {
        let directory = tempfile::tempdir().unwrap();
        let (real, link) = (directory.path().join("real"), directory.path().join("link"));
        create(&real, b"old").unwrap();
        assert_eq!(mode_of(&real), FILE_MODE);
        fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
        symlink("real", &link).unwrap();
        replace(&link, b"newer").unwrap();
        replace(&link, b"new").unwrap();
        assert_eq!((fs::read(&real).unwrap(), mode_of(&real)), (b"new".to_vec(), 0o640));
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(names_in(directory.path()), ["link", "real"], "nothing is left behind");
    }

    /// R62: a link is followed also where it leads to nothing yet.
    #[test]
    fn a_link_to_a_file_that_is_yet_to_be_made_leads_to_it() {
        let directory = tempfile::tempdir().unwrap();
        let link = directory.path().join("link");
        symlink("real", &link).unwrap();
        replace(&link, b"new").unwrap();
        assert_eq!(fs::read(directory.path().join("real")).unwrap(), b"new");
    }

    /// R62: nobody ever sees half of it.
    #[test]
    fn of_several_that_make_a_file_one_does_and_all_find_it_whole() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        let content = vec![7; 100_000];
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    // Each as a process of its own would.
                    let draft = Draft::beside(&path, &format!("{:?}", thread::current().id())).unwrap();
                    draft.write(&content).unwrap();
                    let _ = fs::hard_link(&draft.0, &path);
                    assert_eq!(fs::read(&path).unwrap(), content);
                });
            }
        });
        assert_eq!(create(&path, b"another").unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(names_in(directory.path()), ["file"]);
    }
}
