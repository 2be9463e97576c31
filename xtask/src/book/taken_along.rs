//! What chapters link to outside of the book: taken along into it, since whoever reads the built book has no checkout.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::process::{command, output};
use crate::root::root;

/// Where in the built book the files of the project are.
const FOLDER: &str = "project";

/// Leads links of the pages in `book` to copies, and fails at one that leads nowhere.
pub(crate) fn lead_links(book: &Path) -> Result<()> {
    for page in pages(book)? {
        let html = fs::read_to_string(&page)?;
        let mut led = String::new();
        let mut rest = html.as_str();
        while let Some((before, target, after)) = next_link(rest) {
            led.push_str(before);
            led.push_str(
                &lead(book, &page, target).with_context(|| format!("{}: {target}", page.display()))?,
            );
            rest = after;
        }
        led.push_str(rest);
        fs::write(&page, led)?;
    }
    Ok(())
}

fn pages(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() && path.file_name().is_none_or(|name| name != FOLDER) {
            found.extend(pages(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "html") {
            found.push(path);
        }
    }
    Ok(found)
}

/// What stands before the next target of a link, the target, and what stands after it.
fn next_link(html: &str) -> Option<(&str, &str, &str)> {
    let begin = ["href=\"", "src=\""].iter().filter_map(|name| Some(html.find(name)? + name.len())).min()?;
    let end = begin + html[begin..].find('"')?;
    Some((&html[..begin], &html[begin..end], &html[end..]))
}

fn lead(book: &Path, page: &Path, target: &str) -> Result<String> {
    let (path, anchor) =
        target.split_once('#').map_or((target, String::new()), |(path, anchor)| (path, format!("#{anchor}")));
    if path.is_empty() || path.contains(':') {
        return Ok(target.to_owned());
    }
    let folder = page.parent().context("a page in a folder")?.strip_prefix(book)?;
    let depth = folder.components().count();
    let climbs = path.split('/').take_while(|part| *part == "..").count();
    if climbs <= depth {
        let file = book.join(folder).join(path.split('?').next().unwrap_or(path));
        ensure!(file.exists(), "leads nowhere");
        return Ok(target.to_owned());
    }
    // The book's top is the folder `docs` of the project. mdBook takes each link to a page for one to a chapter.
    let path = path.split('/').skip(depth + 1).collect::<Vec<_>>().join("/");
    let path = path.trim_end_matches('/').to_owned();
    let up = "../".repeat(depth);
    if root().join(&path).is_dir() {
        list(book, &path)?;
        return Ok(format!("{up}{FOLDER}/{path}/index.html"));
    }
    let is_file = |path: &String| root().join(path).is_file();
    let source = [path.clone(), path.replace(".html", ".md")].into_iter().find(is_file);
    let source = source.context("leads to no file of the project")?;
    copy(book, &source)?;
    // Headings of what is not made a page of are none.
    let anchor = if source.ends_with(".md") { String::new() } else { anchor };
    Ok(format!("{up}{FOLDER}/{source}{anchor}"))
}

/// The files of a folder, and a page that lists them.
fn list(book: &Path, folder: &str) -> Result<()> {
    let files = output(&mut command("git", ["ls-files", "--", folder]))?;
    let mut items = String::new();
    for file in files.lines() {
        copy(book, file)?;
        let name = file.trim_start_matches(folder).trim_start_matches('/');
        items.push_str(&format!("<li><a href=\"{name}\">{name}</a>\n"));
    }
    let page = format!("<!DOCTYPE html>\n<title>{folder}</title>\n<ul>\n{items}</ul>\n");
    Ok(fs::write(book.join(FOLDER).join(folder).join("index.html"), page)?)
}

fn copy(book: &Path, source: &str) -> Result<()> {
    let copy = book.join(FOLDER).join(source);
    fs::create_dir_all(copy.parent().context("a file in a folder")?)?;
    fs::copy(root().join(source), copy)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::next_link;

    #[test]
    fn links_are_found_one_after_the_other() {
        let (before, target, after) = next_link("<img src=\"a.svg\"><a href=\"b\">").unwrap();
        assert_eq!((before, target), ("<img src=\"", "a.svg"));
        assert_eq!(next_link(after).unwrap().1, "b");
        assert!(next_link("no link").is_none());
    }
}
