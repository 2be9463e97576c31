//! The pages, and where they are.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::markdown::Parts;

const CONTENTS: &str = "docs/SUMMARY.md";

/// Beside the book, what has its reader type something.
const BESIDE: [&str; 1] = ["README.md"];

pub(crate) struct Page {
    /// From the top of the repository.
    pub(crate) path: String,
    pub(crate) text: String,
}

impl Page {
    pub(crate) fn read(path: &str) -> Self {
        let text = fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
        Self { path: path.into(), text }
    }
}

/// The top of the repository.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// The chapters, as the table of contents has them.
fn book() -> Vec<Page> {
    let contents = Page::read(CONTENTS);
    let chapters: BTreeSet<_> =
        Parts::of(&contents.text).links().into_iter().map(|(_, chapter)| chapter).collect();
    let written: BTreeSet<_> = tracked("docs").into_iter().filter(|file| file.ends_with(".md")).collect();
    let listed: BTreeSet<_> = chapters.iter().map(|chapter| format!("docs/{chapter}")).collect();
    let unlisted: Vec<_> =
        written.iter().filter(|file| *file != CONTENTS && !listed.contains(*file)).collect();
    assert!(unlisted.is_empty(), "not in {CONTENTS}: {unlisted:?}");
    listed.iter().map(|path| Page::read(path)).collect()
}

/// All pages whose sessions are typed.
pub(crate) fn with_sessions() -> Vec<Page> {
    book().into_iter().chain(BESIDE.map(Page::read)).collect()
}

/// The files under a path that are part of the project, or would be if they were added now.
pub(crate) fn tracked(path: &str) -> Vec<String> {
    let list = ["ls-files", "--cached", "--others", "--exclude-standard", "--deduplicate", "--", path];
    let output = Command::new("git").args(list).current_dir(root()).output().expect("git");
    assert!(output.status.success(), "{output:?}");
    let files = String::from_utf8(output.stdout).unwrap();
    // One that was removed is listed until the removal is added.
    files.lines().map(str::to_owned).filter(|file| root().join(file).exists()).collect()
}
