//! Whether the picture of the architecture is of this workspace.
//!
//! It is a drawing in text: a box for each package, whose first line is its name, and an arrow, always downwards, from
//! each to what it depends on. What follows from other arrows is left out.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::markdown::Parts;
use crate::pages::{Page, root};

const CHAPTER: &str = "docs/architecture.md";

/// What is published for JavaScript, or built with it.
const NPM: [&str; 2] = ["session-wasm/js/package.json", "web/package.json"];

type Edges = BTreeSet<(String, String)>;

pub(crate) fn compare() {
    let page = Page::read(CHAPTER);
    let drawing = Parts::of(&page.text).blocks.remove(0).text;
    let drawn = Picture::read(&drawing);
    let (boxes, edges) = workspace();
    assert_eq!(drawn.names(), boxes, "the boxes, and the packages there are");
    assert_eq!(drawn.arrows(), without_what_follows(&edges), "the arrows, and what depends on what");
}

/// Each `` `function` in [`file`](…) `` of the chapter is one.
pub(crate) fn modules_exist() {
    let page = Page::read(CHAPTER);
    let mut found = 0;
    for (before, link) in page.text.split("` in [`").zip(page.text.split("` in [`").skip(1)) {
        let (function, path) = (before.rsplit('`').next().unwrap(), link.split('`').next().unwrap());
        let source = fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
        let is_there = ["(", "<"].iter().any(|next| source.contains(&format!("fn {function}{next}")));
        assert!(is_there, "no {function} in {path}");
        found += 1;
    }
    assert!(found > 5, "only {found} functions are named");
}

/// What others may have of the workspace, crates and packages of npm, and which of them uses which.
fn workspace() -> (BTreeSet<String>, Edges) {
    let query = ["metadata", "--no-deps", "--offline", "--format-version", "1"];
    let output = Command::new(env!("CARGO")).args(query).current_dir(root()).output().unwrap();
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let npm = NPM.map(|path| serde_json::from_str(&Page::read(path).text).unwrap());
    let mut boxes: BTreeSet<_> =
        npm.iter().zip(NPM).map(|(manifest, path)| npm_name(manifest, path)).collect();
    let is_published =
        |package: &&Value| package["publish"].as_array().is_none_or(|registries| !registries.is_empty());
    boxes.extend(packages.iter().filter(is_published).map(|package| text(&package["name"])));
    let mut edges = Edges::new();
    for package in packages {
        let used = package["dependencies"].as_array().unwrap();
        let used = used.iter().filter(|dependency| dependency["kind"].is_null());
        edges.extend(used.map(|dependency| (text(&package["name"]), text(&dependency["name"]))));
    }
    for (manifest, path) in npm.iter().zip(NPM) {
        let used = manifest["dependencies"].as_object().into_iter().flatten();
        edges.extend(used.map(|(name, _)| (npm_name(manifest, path), name.clone())));
    }
    edges.retain(|(from, to)| boxes.contains(from) && boxes.contains(to));
    (boxes, edges)
}

/// What is private may have no name, and is called as its folder is.
fn npm_name(manifest: &Value, path: &str) -> String {
    manifest["name"].as_str().unwrap_or(path.split('/').next().unwrap()).to_owned()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn without_what_follows(edges: &Edges) -> Edges {
    let follows = |(from, to): &(String, String)| {
        let between = edges.iter().filter(|(other, next)| other == from && next != to);
        between.into_iter().any(|(_, next)| reaches(edges, next, to))
    };
    edges.iter().filter(|edge| !follows(edge)).cloned().collect()
}

fn reaches(edges: &Edges, from: &str, to: &str) -> bool {
    from == to || edges.iter().any(|(other, next)| other == from && reaches(edges, next, to))
}

struct Picture {
    rows: Vec<Vec<char>>,
    boxes: Vec<PictureBox>,
}

struct PictureBox {
    name: String,
    top: usize,
    bottom: usize,
    left: usize,
    right: usize,
}

impl Picture {
    fn read(drawing: &str) -> Self {
        let mut picture =
            Self { rows: drawing.lines().map(|line| line.chars().collect()).collect(), boxes: Vec::new() };
        for top in 0..picture.rows.len() {
            let corners: Vec<_> =
                (0..picture.rows[top].len()).filter(|left| picture.at(top, *left) == '┌').collect();
            for left in corners {
                let found = picture.found(top, left);
                picture.boxes.push(found);
            }
        }
        picture
    }

    fn at(&self, row: usize, column: usize) -> char {
        self.rows.get(row).and_then(|row| row.get(column)).copied().unwrap_or(' ')
    }

    fn found(&self, top: usize, left: usize) -> PictureBox {
        let right =
            (left..self.rows[top].len()).find(|column| self.at(top, *column) == '┐').expect("a corner");
        let bottom = (top..self.rows.len()).find(|row| self.at(*row, left) == '└').expect("a corner");
        let name: String = (left + 1..right).map(|column| self.at(top + 1, column)).collect();
        PictureBox { name: name.trim().to_owned(), top, bottom, left, right }
    }

    fn names(&self) -> BTreeSet<String> {
        self.boxes.iter().map(|found| found.name.clone()).collect()
    }

    fn arrows(&self) -> Edges {
        let mut arrows = Edges::new();
        for row in 0..self.rows.len() {
            for column in (0..self.rows[row].len()).filter(|column| self.at(row, *column) == '▼') {
                let above =
                    (0..row).rev().find(|above| self.at(*above, column) != '│').expect("where it begins");
                let from = self.boxes.iter().find(|found| found.bottom == above && found.spans(column));
                let to = self.boxes.iter().find(|found| found.top == row + 1 && found.spans(column));
                let (from, to) = (from.expect("an arrow from a box"), to.expect("an arrow to a box"));
                arrows.insert((from.name.clone(), to.name.clone()));
            }
        }
        arrows
    }
}

impl PictureBox {
    fn spans(&self, column: usize) -> bool {
        (self.left..=self.right).contains(&column)
    }
}
