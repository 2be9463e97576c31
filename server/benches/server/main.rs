//! What becomes of session checks while others do what they like with the server. No test: it prints
//! what it measured.
//!
//! `cargo bench --package session-server [-- logins|neighbours]`

#![allow(clippy::unwrap_used, reason = "a benchmark that panics has said what it had to say")]

mod checks;
mod crowd;
mod logins;
mod neighbours;
mod program;

fn main() {
    // What cargo adds is no name of ours.
    let named: Vec<String> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let wanted = |name: &str| named.is_empty() || named.iter().any(|named| named == name);
    if wanted("logins") {
        logins::run();
    }
    if wanted("neighbours") {
        neighbours::run();
    }
}
