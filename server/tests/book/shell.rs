//! A shell in which a page is typed.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::shown;
use crate::task::patience;

/// Each command is a file, read in by the shell itself, which so remembers what was set and started.
const LOOP: &str = r#"while read -r typed; do
    . "$typed" < /dev/null > "$typed.came" 2>&1
    echo $?
done"#;

pub(crate) struct Shell {
    process: Child,
    answers: Receiver<String>,
    /// Where what is typed is written, and what comes.
    record: PathBuf,
    typed: usize,
}

/// What is waited for.
pub(crate) enum Until<'a> {
    ItEnded,
    ItSaid(&'a str),
}

impl Shell {
    /// Has `command` start it, which says where and with what environment, and keeps what comes in `record`. What ends
    /// `command` is to end what was started as well.
    pub(crate) fn start(mut command: Command, record: PathBuf) -> Self {
        command.args(["bash", "-c", LOOP]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let (answer, answers) = channel();
        thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| answer.send(line)));
        Self { process, answers, record, typed: 0 }
    }

    /// Types a command, and returns what it has said; fails if it does.
    pub(crate) fn perform(&mut self, command: &str, until: &Until) -> Result<String, String> {
        let (answer, typed) = self.enter(command);
        let came = || {
            let bytes = fs::read(typed.with_extension("came")).unwrap_or_default();
            String::from_utf8_lossy(&bytes).into_owned()
        };
        match answer.as_deref() {
            Some("0") => {}
            Some(status) => return Err(format!("which ended with {status}\n--- came\n{}", came())),
            None => return Err(format!("which does not end, or has ended the shell\n--- came\n{}", came())),
        }
        if let Until::ItSaid(shown) = until {
            let began_at = Instant::now();
            while !shown::is_beginning(shown, &came()) && began_at.elapsed() < patience() && self.goes_on() {
                thread::sleep(Duration::from_millis(20));
            }
        }
        Ok(came())
    }

    /// Whether what was last left to go on does.
    fn goes_on(&mut self) -> bool {
        self.enter("kill -0 $!").0.as_deref() == Some("0")
    }

    /// How a command ended, if it did, and the file that it was typed into.
    fn enter(&mut self, command: &str) -> (Option<String>, PathBuf) {
        self.typed += 1;
        let typed = self.record.join(self.typed.to_string());
        fs::write(&typed, format!("{command}\n")).unwrap();
        let is_read = writeln!(self.process.stdin.as_ref().unwrap(), "{}", typed.display()).is_ok();
        let answer = if is_read { self.answers.recv_timeout(patience()).ok() } else { None };
        (answer, typed)
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
