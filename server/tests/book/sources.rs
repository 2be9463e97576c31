//! Code that a chapter shows from a file of the project, which another part of the tests runs.

use std::fs;
use std::path::Path;

use crate::markdown::Block;
use crate::pages::{Page, root};

/// What runs the files of a folder.
const RUN_BY: [(&str, &str); 9] = [
    ("deploy/", "deploy"),
    ("examples/forward-auth/", "proxies"),
    ("examples/migration/", "migration"),
    ("server/tests/", "rust"),
    ("session-engine/examples/", "rust"),
    ("session-http/examples/", "rust"),
    ("session-wasm/examples/", "examples"),
    ("session-wasm/tests/", "wasm"),
    ("session-wasm/toolchains/", "toolchains and frameworks"),
];

/// What a block includes, if that is all that it holds: a path, and perhaps an anchor in the file.
pub(crate) fn included(block: &Block) -> Option<&str> {
    let mut lines = block.text.lines();
    let (line, None) = (lines.next()?, lines.next()) else { return None };
    line.strip_prefix("{{#include ")?.strip_suffix("}}")
}

/// Whether it is there, is run, and is linked to for those who read the page without mdBook.
pub(crate) fn hold(page: &Page, included: &str) -> Result<(), String> {
    let (file, anchor) = included.split_once(':').unwrap_or((included, ""));
    let folder = Path::new(&page.path).parent().unwrap();
    let path = normal(&folder.join(file)).ok_or("an include from outside of the project")?;
    if !RUN_BY.iter().any(|(folder, _)| path.starts_with(folder)) {
        return Err(format!("nothing is known to run {path}"));
    }
    let text = fs::read_to_string(root().join(&path)).map_err(|error| format!("{path}: {error}"))?;
    if !anchor.is_empty() && !text.contains(&format!("ANCHOR: {anchor}\n")) {
        return Err(format!("{path} has no anchor {anchor}"));
    }
    if !page.text.contains(&format!("]({file})")) {
        return Err(format!("no link to {file}, which GitHub does not include"));
    }
    Ok(())
}

/// A path from the top of the repository without `..`.
pub(crate) fn normal(path: &Path) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.to_str()?.split('/').filter(|part| !part.is_empty() && *part != ".") {
        if part == ".." {
            parts.pop()?;
        } else {
            parts.push(part);
        }
    }
    Some(parts.join("/"))
}
