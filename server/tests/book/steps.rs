//! What a page has its reader do, in order.

use std::fs;

use crate::desk::Desk;
use crate::markdown::{Block, Parts};
use crate::pages::Page;
use crate::shell::{Shell, Until};
use crate::{shown, sources};

/// Pages that `cargo xtask reference` writes from the code, and holds against it.
const WRITTEN: &str = "docs/reference/";

pub(crate) struct Steps {
    steps: Vec<Step>,
    /// What the page says cannot be run on one machine, and why.
    not_run: Vec<String>,
}

pub(crate) enum Step {
    Type { line: usize, command: String, shown: String },
    Write { line: usize, name: String, text: String },
}

impl Steps {
    pub(crate) fn of(page: &Page) -> Result<Self, String> {
        let mut steps = Self { steps: Vec::new(), not_run: Vec::new() };
        for block in Parts::of(&page.text).blocks {
            steps.add(page, &block).map_err(|why| format!("{}:{}: {why}", page.path, block.line))?;
        }
        match steps.unused() {
            Some((line, name)) => Err(format!("{}:{line}: nothing that follows uses {name}", page.path)),
            None => Ok(steps),
        }
    }

    /// A file that is written, and then neither named by a command nor by another file: it was not run.
    fn unused(&self) -> Option<(usize, String)> {
        self.steps.iter().enumerate().find_map(|(number, step)| {
            let Step::Write { line, name, .. } = step else { return None };
            let stem = name.split('.').next().unwrap_or(name);
            let names = |later: &Step| match later {
                Step::Type { command: text, .. } | Step::Write { text, .. } => text.contains(stem),
            };
            if self.steps[number + 1..].iter().any(names) { None } else { Some((*line, name.clone())) }
        })
    }

    fn add(&mut self, page: &Page, block: &Block) -> Result<(), String> {
        if let Some(included) = sources::included(block) {
            return sources::hold(page, included);
        }
        match (block.language.as_str(), block.mark("not-run"), block.mark("file")) {
            ("text", None, None) => Ok(()),
            _ if page.path.starts_with(WRITTEN) => Ok(()),
            ("console", Some(""), None) => Err("a block that is not run, without a reason".into()),
            ("console", Some(why), None) => {
                self.not_run.push(format!("{}: {why}", block.line));
                Ok(())
            }
            ("console", None, None) => typed(block).map(|typed| self.steps.extend(typed)),
            (_, None, Some(name)) if !name.is_empty() => {
                self.steps.push(Step::Write { line: block.line, name: name.into(), text: block.text.clone() });
                Ok(())
            }
            _ => Err("the block is neither `console`, nor written with `file=NAME`, nor an include of what is run, \
                      nor `text`"
                .into()),
        }
    }

    pub(crate) fn are_none(&self) -> bool {
        self.steps.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter()
    }

    pub(crate) fn use_program(&self, name: &str) -> bool {
        let starts = format!("{name} ");
        self.steps
            .iter()
            .any(|step| matches!(step, Step::Type { command, .. } if command.starts_with(&starts)))
    }

    /// What there was to do, if there was anything, and what was not done.
    pub(crate) fn told(&self) -> Option<String> {
        if self.are_none() && self.not_run.is_empty() {
            return None;
        }
        let typed = self.steps.iter().filter(|step| matches!(step, Step::Type { .. })).count();
        let written = self.steps.len() - typed;
        let not_run: String = self.not_run.iter().map(|block| format!("; not run: line {block}")).collect();
        Some(format!("{typed} commands, {written} files{not_run}"))
    }
}

/// The commands of a block, each with what it is shown to say. One that ends with `\` goes on in the next line.
fn typed(block: &Block) -> Result<Vec<Step>, String> {
    let mut steps: Vec<Step> = Vec::new();
    let mut goes_on = false;
    for (line, text) in (block.line + 1..).zip(block.text.lines()) {
        if let (true, Some(Step::Type { command, .. })) = (goes_on, steps.last_mut()) {
            command.push('\n');
            command.push_str(text);
        } else if let Some(command) = text.strip_prefix("$ ") {
            steps.push(Step::Type { line, command: command.into(), shown: String::new() });
        } else if let Some(Step::Type { shown, .. }) = steps.last_mut() {
            shown.push_str(text);
            shown.push('\n');
            continue;
        } else {
            return Err("the first line of what is typed begins with `$ `".into());
        }
        goes_on = text.ends_with('\\');
    }
    Ok(steps)
}

impl Step {
    /// Says on which line what went wrong.
    pub(crate) fn perform(&self, desk: &Desk, shell: &mut Shell) -> Result<(), String> {
        match self {
            Self::Write { line, name, text } => {
                fs::write(desk.path(name), text).map_err(|error| format!("{line}: {name}: {error}"))
            }
            Self::Type { line, command, shown } => perform(shell, command, shown)
                .map_err(|why| format!("{line}: $ {command}\n{why}\n--- shown\n{shown}")),
        }
    }
}

fn perform(shell: &mut Shell, command: &str, shown: &str) -> Result<(), String> {
    // What serves goes on, and has been waited for when it has said what is shown.
    let (until, fits): (_, fn(&str, &str) -> bool) = if command.ends_with(" &") {
        (Until::ItSaid(shown), shown::is_beginning)
    } else {
        (Until::ItEnded, shown::is_all)
    };
    let came = shell.perform(command, &until)?;
    if fits(shown, &came) { Ok(()) } else { Err(format!("--- came\n{came}")) }
}
