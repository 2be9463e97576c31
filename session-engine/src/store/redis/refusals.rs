//! What Redis refuses to do, for those who run it: an ACL with a command too few is no outage, and
//! nobody would find it (R68).

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::store::Trouble;

/// How often the same refusal is told, and how long after the last one it is a trouble.
const INTERVAL: Duration = Duration::from_secs(60);

/// A command's name and the code of the refusal. There are few of both, since we have few commands.
type Kind = (String, String);

#[derive(Default)]
pub(super) struct Refusals(Mutex<BTreeMap<Kind, Refusal>>);

struct Refusal {
    times: u64,
    last: Instant,
    told: Option<Instant>,
}

impl Refusals {
    pub(super) fn note(&self, command: &str, code: &str) {
        let now = Instant::now();
        let mut refusals = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kind = (command.to_owned(), code.to_owned());
        let refusal = refusals.entry(kind).or_insert(Refusal { times: 0, last: now, told: None });
        refusal.times += 1;
        refusal.last = now;
        if refusal.told.is_none_or(|told| now.duration_since(told) >= INTERVAL) {
            refusal.told = Some(now);
            let times = refusal.times;
            tracing::warn!(
                command,
                code,
                times,
                "redis refused a command: with NOPERM, give its user what `session-server acl` prints; with OOM, more memory"
            );
        }
    }

    /// Those of the last minute.
    pub(super) fn recent(&self) -> Vec<Trouble> {
        let refusals = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let recent = refusals.iter().filter(|(_, refusal)| refusal.last.elapsed() < INTERVAL);
        let trouble = |((asked, reason), refusal): (&Kind, &Refusal)| Trouble {
            asked: asked.clone(),
            reason: reason.clone(),
            times: refusal.times,
        };
        recent.map(trouble).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// R68: with command and code, however often it is refused meanwhile; and it hinders nobody for longer.
    #[tokio::test(start_paused = true)]
    async fn a_refusal_is_told_once_a_minute() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let log = std::sync::Arc::new(file.reopen().unwrap());
        let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(log).finish();
        // While there is only one subscriber, `tracing` remembers for all threads what that of one wants.
        let _second = tracing::Dispatch::new(tracing_subscriber::fmt().with_writer(std::io::sink).finish());
        let _guard = tracing::subscriber::set_default(subscriber);
        let refusals = Refusals::default();
        for _ in 0..120 {
            refusals.note("SET", "NOPERM");
            tokio::time::advance(Duration::from_secs(1)).await;
        }
        let told = fs::read_to_string(file.path()).unwrap();
        let lines: Vec<_> = told.lines().collect();
        let [first, second] = lines[..] else { panic!("{told}") };
        for (line, times) in [(first, 1), (second, 61)] {
            assert!(line.contains(" WARN ") && line.contains("command=\"SET\" code=\"NOPERM\""), "{line}");
            assert!(line.ends_with(&format!("times={times}")), "{line}");
        }
        assert_eq!(refusals.recent().len(), 1);
        tokio::time::advance(INTERVAL).await;
        assert_eq!(refusals.recent(), []);
    }
}
