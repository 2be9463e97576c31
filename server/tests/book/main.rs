//! The book in `docs/`, done as it says: what is typed in it is typed, what it shows is compared with what comes, and
//! what it links to is there. The pages beside it are held to as much as can be of each.
//!
//! How a page is written so that this can be is in `CONTRIBUTING.md`.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod desk;
mod links;
mod machine;
mod markdown;
mod pages;
mod picture;
mod reader;
mod shell;
mod shown;
mod sources;
mod steps;
mod task;

use std::sync::Mutex;
use std::thread;

use desk::Desk;
use pages::{Page, with_sessions};
use reader::Reader;
use steps::Steps;

/// Chapters wait for programs more than they work. With a task they share what it has.
const CHAPTERS_AT_A_TIME: usize = 3;
const CHAPTERS_OF_A_TASK_AT_A_TIME: usize = 1;

#[test]
#[ignore = "wants the tools of `cargo xtask test book`"]
fn what_is_typed_does_what_is_shown() {
    let only = std::env::var("CHAPTER").ok();
    let is_asked = |page: &Page| only.as_ref().is_none_or(|only| page.path.contains(only.as_str()));
    let task = task::name();
    let is_the_tasks =
        |page: &Page| task.as_ref().is_none_or(|task| Steps::of(page).is_ok_and(|steps| steps.are_for(task)));
    let pages: Vec<_> = with_sessions().into_iter().filter(is_asked).filter(is_the_tasks).collect();
    assert!(!pages.is_empty(), "no chapter {only:?} of the task {task:?}");
    let at_a_time = if task.is_some() { CHAPTERS_OF_A_TASK_AT_A_TIME } else { CHAPTERS_AT_A_TIME };
    let (left, failures) = (Mutex::new(pages), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..at_a_time {
            scope.spawn(|| {
                while let Some(page) = next(&left) {
                    match work_through(&page) {
                        Ok(None) => {}
                        Ok(Some(told)) => println!("{}: {told}", page.path),
                        Err(failure) => failures.lock().unwrap().push(failure),
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap();
    assert!(failures.is_empty(), "\n\n{}\n", failures.join("\n\n"));
}

fn next(left: &Mutex<Vec<Page>>) -> Option<Page> {
    left.lock().unwrap().pop()
}

/// Says what was done, and what was left to tasks.
fn work_through(page: &Page) -> Result<Option<String>, String> {
    let steps = Steps::of(page)?;
    if steps.are_none() {
        return Ok(steps.told());
    }
    let desk = Desk::new();
    let mut reader = Reader::at(&desk);
    if steps.use_program("aws") {
        Desk::open_account(reader.shell(false))?;
    }
    if task::has_cluster() {
        Desk::join_cluster(reader.shell(false))?;
    }
    steps.iter().try_for_each(|step| {
        step.perform(&desk, &mut reader).map_err(|why| format!("{}:{why}", page.path))
    })?;
    Ok(steps.told())
}

#[test]
fn every_block_of_the_book_is_run_or_shown_from_what_is_run() {
    let failures: Vec<_> = with_sessions().iter().filter_map(|page| Steps::of(page).err()).collect();
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

#[test]
fn every_link_leads_to_what_is_there() {
    let failures = links::that_lead_nowhere();
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

#[test]
fn the_picture_is_of_what_depends_on_what() {
    picture::compare();
}

#[test]
fn a_requests_way_goes_through_modules_that_there_are() {
    picture::modules_exist();
}
