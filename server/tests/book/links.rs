//! Whether links lead to files and headings that there are, on every page of the project.

use std::collections::BTreeMap;
use std::path::Path;

use crate::markdown::Parts;
use crate::pages::{Page, root, tracked};
use crate::sources::normal;

/// Of which pages in the book are made, so their links begin there.
const TEMPLATES: [&str; 3] = ["bench/growth.md", "bench/report.md", "xtask/src/evidence/page.md"];

pub(crate) fn that_lead_nowhere() -> Vec<String> {
    let pages: Vec<_> = tracked("*.md").iter().map(|path| Page::read(path)).collect();
    let anchors = |page: &Page| (page.path.clone(), Parts::of(&page.text).anchors());
    let anchors: BTreeMap<_, _> = pages.iter().map(anchors).collect();
    let mut failures = Vec::new();
    for page in &pages {
        for (line, target) in Parts::of(&page.text).links() {
            if !is_of_another_site(&target) && !leads_somewhere(&page.path, &target, &anchors) {
                failures.push(format!("{}:{line}: there is no {target}", page.path));
            }
        }
    }
    failures
}

fn is_of_another_site(target: &str) -> bool {
    ["https://", "http://", "mailto:"].iter().any(|scheme| target.starts_with(scheme))
}

fn leads_somewhere(from: &str, target: &str, anchors: &BTreeMap<String, Vec<String>>) -> bool {
    let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
    let folder =
        if TEMPLATES.contains(&from) { Path::new("docs") } else { Path::new(from).parent().unwrap() };
    let path = if file.is_empty() { Some(from.to_owned()) } else { normal(&folder.join(file)) };
    let Some(path) = path.filter(|path| root().join(path).exists()) else { return false };
    anchor.is_empty() || anchors.get(&path).is_some_and(|anchors| anchors.iter().any(|other| other == anchor))
}
