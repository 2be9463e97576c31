//! Load that goes on, of which any whole second is measured: neither its beginning counts, when all connect, nor its end.

use std::io::{BufRead, BufReader, Lines};
use std::path::Path;
use std::process::ChildStdout;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::load::{Load, Sending};
use super::running::Running;

/// Longer than anything is measured.
const LONG_IN_SECONDS: u64 = 3_600;

/// Several at once, each on a server of its own: wrk knows only one.
pub(super) struct SteadyLoad(Vec<Stream>);

struct Stream {
    process: Running,
    said: Lines<BufReader<ChildStdout>>,
    last: Mark,
}

/// How many requests had been sent as this second began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Mark {
    second: u64,
    sent: u64,
}

impl SteadyLoad {
    pub(super) fn begin<'a>(
        sendings: impl IntoIterator<Item = Sending<'a>>,
        directory: &Path,
    ) -> Result<Self> {
        let begin = |sending: Sending<'a>| {
            let log = directory.join("wrk.log");
            let (process, said) = Running::start_talking(&mut sending.wrk(LONG_IN_SECONDS), &log)?;
            Ok(Stream { process, said: said.lines(), last: Mark::default() })
        };
        Ok(Self(sendings.into_iter().map(begin).collect::<Result<_>>()?))
    }

    /// Waits for a second to begin, and tells how many requests have been sent to all.
    pub(super) fn next_second(&mut self) -> Result<u64> {
        self.0.iter_mut().try_for_each(Stream::advance)?;
        // They do not begin in the same one, and whoever is busy may miss one.
        while let Some(late) = self.late() {
            late.advance()?;
        }
        Ok(self.0.iter().map(|stream| stream.last.sent).sum())
    }

    fn late(&mut self) -> Option<&mut Stream> {
        let latest = self.0.iter().map(|stream| stream.last.second).max()?;
        self.0.iter_mut().find(|stream| stream.last.second < latest)
    }

    /// Tells which part of all requests had no answer, or one of 400 and above.
    pub(super) fn end(self) -> Result<f64> {
        self.0.iter().try_for_each(|stream| stream.process.interrupt())?;
        let (mut refused, mut all) = (0, 0);
        for stream in self.0 {
            let load = Load::told(&stream.said.last().context("wrk says nothing")??)?;
            (refused, all) = (refused + load.refused + load.broken, all + load.requests + load.broken);
        }
        Ok(refused as f64 / all as f64)
    }
}

impl Stream {
    fn advance(&mut self) -> Result<()> {
        for line in self.said.by_ref() {
            if let Some(mark) = Mark::told(&line?) {
                self.last = mark;
                return Ok(());
            }
        }
        bail!("wrk has ended by itself")
    }
}

impl Mark {
    /// By a line that may be about something else.
    fn told(line: &str) -> Option<Self> {
        let line: Value = serde_json::from_str(line).ok()?;
        Some(Self { second: line["second"].as_u64()?, sent: line["sent"].as_u64()? })
    }
}

#[cfg(test)]
mod tests {
    use super::Mark;

    #[test]
    fn what_wrk_says_of_something_else_is_no_mark() {
        let mark = Mark { second: 1_800_000_000, sent: 64 };
        assert_eq!(Mark::told(r#"{"second":1800000000,"sent":64}"#), Some(mark));
        assert_eq!(Mark::told("Running 1m test @ http://127.0.0.1:8080"), None);
        assert_eq!(Mark::told(r#"{"requests":64}"#), None);
    }
}
