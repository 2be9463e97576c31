//! The reference pages of the book, `docs/reference/`: read from the sources, so that they say what the code does.

mod audit;
mod bindings;
mod codes;
mod constants;
mod defaults;
mod details;
mod errors;
mod events;
mod label_values;
mod links;
mod log;
mod markdown;
mod metrics;
mod operations;
mod setting;
mod settings;
mod sources;
mod tokens;
mod typescript;

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};

use crate::root::root;
use markdown::slug;
use sources::Sources;

/// Makes a page.
type Page = fn(&Sources) -> Result<String>;

const PAGES: [(&str, Page); 5] = [
    ("settings.md", settings::page),
    ("metrics.md", metrics::page),
    ("events.md", events::page),
    ("errors.md", errors::page),
    ("log.md", log::page),
];

/// Writes the pages anew.
pub(crate) fn write() -> Result<()> {
    fs::create_dir_all(directory())?;
    let sources = Sources::read()?;
    for (name, page) in PAGES {
        fs::write(directory().join(name), of(name, page, &sources)?)?;
    }
    Ok(())
}

/// Fails unless the pages are as the code is.
pub(crate) fn hold() -> Result<()> {
    let sources = Sources::read()?;
    for (name, page) in PAGES {
        let written = fs::read_to_string(directory().join(name)).unwrap_or_default();
        let is_same = written == of(name, page, &sources)?;
        ensure!(
            is_same,
            "docs/reference/{name} is not what the code says: run `cargo xtask reference`, and read the difference"
        );
    }
    Ok(())
}

fn of(name: &str, page: Page, sources: &Sources) -> Result<String> {
    let page =
        page(sources).with_context(|| format!("docs/reference/{name} cannot be read from the code"))?;
    let mut places = BTreeSet::new();
    links::hold(&page, &directory()).with_context(|| format!("docs/reference/{name} is not whole"))?;
    for place in page.lines().filter_map(place) {
        ensure!(
            places.insert(place.clone()),
            "docs/reference/{name} has two places that are called `{place}`"
        );
    }
    Ok(page)
}

/// By what other pages lead to a heading or an anchor.
fn place(line: &str) -> Option<String> {
    match line.split_once(' ') {
        Some((marks, heading)) if marks.starts_with('#') => Some(slug(heading)),
        _ => line.split_once("<a id=\"")?.1.split('"').next().map(str::to_owned),
    }
}

fn directory() -> PathBuf {
    root().join("docs/reference")
}
