//! What a page has its reader do, in order.

use std::fs;

use crate::desk::Desk;
use crate::markdown::{Block, Parts};
use crate::pages::Page;
use crate::reader::Reader;
use crate::shell::{Shell, Until};
use crate::{shown, sources, task};

/// Pages that `cargo xtask reference` writes from the code, and holds against it.
const WRITTEN: &str = "docs/reference/";

pub(crate) struct Steps {
    steps: Vec<Step>,
    /// The tasks that some of the blocks are marked with.
    tasks: Vec<String>,
    /// The blocks of these that are left to them.
    left: Vec<String>,
}

pub(crate) enum Step {
    Type { line: usize, circumstances: Circumstances, command: String, shown: String },
    Write { line: usize, name: String, text: String },
}

/// Where and when something is typed.
#[derive(Clone, Default)]
pub(crate) struct Circumstances {
    /// At the machine that systemd has booted, and not at the desk.
    at_machine: bool,
    /// When so much time has passed, as faketime reads it: `12h`.
    after: Option<String>,
}

impl Steps {
    pub(crate) fn of(page: &Page) -> Result<Self, String> {
        let mut steps = Self { steps: Vec::new(), tasks: Vec::new(), left: Vec::new() };
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
        match (block.language.as_str(), block.mark("file")) {
            ("text", None) => Ok(()),
            _ if page.path.starts_with(WRITTEN) => Ok(()),
            ("console", None) => {
                if let Some(task) = block.mark("task") {
                    if !task::NAMES.contains(&task) {
                        return Err(format!("`task={task}`, expected one of {}", task::NAMES.join(", ")));
                    }
                    self.tasks.push(task.to_owned());
                    if task::name().as_deref() != Some(task) {
                        self.left.push(format!("line {} to `cargo xtask test {task}`", block.line));
                        return Ok(());
                    }
                }
                let circumstances = Circumstances::of(block)?;
                typed(block, &circumstances).map(|typed| self.steps.extend(typed))
            }
            (_, Some(name)) if !name.is_empty() => {
                self.steps.push(Step::Write { line: block.line, name: name.into(), text: block.text.clone() });
                Ok(())
            }
            _ => Err("the block is neither `console`, nor written with `file=NAME`, nor an include of what is run, \
                      nor `text`"
                .into()),
        }
    }

    /// Whether the task has something to type here that others have not.
    pub(crate) fn are_for(&self, task: &str) -> bool {
        self.tasks.iter().any(|own| own == task)
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

    /// What there was to do, if there was anything, and what was left.
    pub(crate) fn told(&self) -> Option<String> {
        if self.are_none() && self.left.is_empty() {
            return None;
        }
        let typed = self.steps.iter().filter(|step| matches!(step, Step::Type { .. })).count();
        let written = self.steps.len() - typed;
        let left: String = self.left.iter().map(|block| format!("; left: {block}")).collect();
        Some(format!("{typed} commands, {written} files{left}"))
    }
}

impl Circumstances {
    fn of(block: &Block) -> Result<Self, String> {
        let at_machine = match block.mark("on") {
            None => false,
            Some("systemd") => true,
            Some(other) => return Err(format!("`on={other}`, expected `on=systemd`")),
        };
        Ok(Self { at_machine, after: block.mark("after").map(str::to_owned) })
    }

    /// The command, under a clock that has gone on where it is to.
    fn heed(&self, command: &str) -> String {
        let Some(after) = &self.after else { return command.to_owned() };
        // Not `faketime`, which takes a program and no line of a shell.
        let clock = format!("LD_PRELOAD='/usr/$LIB/faketime/libfaketime.so.1' FAKETIME=+{after}");
        format!("export {clock}\n{command}\nended=$?; unset LD_PRELOAD FAKETIME; (exit $ended)")
    }

    /// What stands before a command: at the machine the reader is root.
    const fn prompt(&self) -> &'static str {
        if self.at_machine { "# " } else { "$ " }
    }
}

/// The commands of a block, each with what it is shown to say. One that ends with `\` goes on in the next line.
fn typed(block: &Block, circumstances: &Circumstances) -> Result<Vec<Step>, String> {
    let prompt = circumstances.prompt();
    let mut steps: Vec<Step> = Vec::new();
    let mut goes_on = false;
    for (line, text) in (block.line + 1..).zip(block.text.lines()) {
        if let (true, Some(Step::Type { command, .. })) = (goes_on, steps.last_mut()) {
            command.push('\n');
            command.push_str(text);
        } else if let Some(command) = text.strip_prefix(prompt) {
            let (circumstances, command) = (circumstances.clone(), command.to_owned());
            steps.push(Step::Type { line, circumstances, command, shown: String::new() });
        } else if let Some(Step::Type { shown, .. }) = steps.last_mut() {
            shown.push_str(text);
            shown.push('\n');
            continue;
        } else {
            return Err(format!("the first line of what is typed begins with `{prompt}`"));
        }
        goes_on = text.ends_with('\\');
    }
    Ok(steps)
}

impl Step {
    /// Says on which line what went wrong.
    pub(crate) fn perform(&self, desk: &Desk, reader: &mut Reader) -> Result<(), String> {
        match self {
            Self::Write { line, name, text } => {
                fs::write(desk.path(name), text).map_err(|error| format!("{line}: {name}: {error}"))
            }
            Self::Type { line, circumstances, command, shown } => {
                let shell = reader.shell(circumstances.at_machine);
                perform(shell, &circumstances.heed(command), shown).map_err(|why| {
                    let prompt = circumstances.prompt();
                    format!("{line}: {prompt}{command}\n{why}\n--- shown\n{shown}")
                })
            }
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
