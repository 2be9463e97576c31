//! What becomes of session checks while others do what they like with the server. No test: it prints
//! what it measured.
//!
//! `cargo bench --package session-server [-- logins|failovers|sizing|neighbours [NAME]]`: of the neighbours, those whose name
//! has this in it.

#![allow(clippy::unwrap_used, reason = "a benchmark that panics has said what it had to say")]

mod checks;
mod crowd;
mod failovers;
mod logins;
mod neighbours;
mod program;
mod sizing;

fn main() {
    // What cargo adds is no name of ours.
    let named: Vec<String> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let named: Vec<&str> = named.iter().map(String::as_str).collect();
    match named[..] {
        [] => {
            logins::run();
            neighbours::run("");
        }
        ["logins"] => logins::run(),
        ["failovers"] => failovers::run(),
        ["sizing"] => sizing::run(),
        ["neighbours"] => neighbours::run(""),
        ["neighbours", name] => neighbours::run(name),
        _ => panic!("no such benchmark: {named:?}"),
    }
}
