//! The log on standard error. A log that cannot be written costs lines and nothing else: no request,
//! no start and no exit code (R61).

use std::io::{self, IsTerminal, Write, stderr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tracing_appender::non_blocking::{ErrorCounter, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::EnvFilter;

use crate::Result;
use crate::settings::values::LogFormat;

/// How many lines may wait for a reader that has stalled.
const MAX_WAITING_LINES: usize = 16 * 1024;

/// How often it is looked whether lines were lost.
const REPORT_INTERVAL: Duration = Duration::from_secs(60);

/// The log while it is written. Dropping it writes what waits, unless nobody reads.
pub(crate) struct Log {
    losses: Losses,
    _worker: WorkerGuard,
}

/// How many lines were lost. Clones are the same.
#[derive(Clone)]
pub(crate) struct Losses {
    dropped: ErrorCounter,
    unwritten: Arc<AtomicUsize>,
}

/// Begins to write the log.
pub(crate) fn start(filter: &str, format: LogFormat) -> Result<Log> {
    let filter = EnvFilter::try_new(filter)
        .map_err(|_| "log filter is not one that `tracing-subscriber` understands, such as `info`")?;
    let unwritten = Arc::new(AtomicUsize::new(0));
    let output = Output { unwritten: Arc::clone(&unwritten) };
    // A thread of its own writes: whoever logs never waits.
    let writer = NonBlockingBuilder::default().lossy(true).buffered_lines_limit(MAX_WAITING_LINES);
    let (writer, worker) = writer.finish(output);
    let dropped = writer.error_counter();
    let colours = stderr().is_terminal();
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(colours).with_writer(writer);
    match format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().init(),
    }
    Ok(Log { losses: Losses { dropped, unwritten }, _worker: worker })
}

impl Log {
    pub(crate) fn losses(&self) -> Losses {
        self.losses.clone()
    }

    /// Tells now and then how many lines were lost, within a Tokio runtime.
    pub(crate) fn report_losses(&self) {
        let losses = self.losses();
        tokio::spawn(async move {
            let mut told = 0;
            loop {
                tokio::time::sleep(REPORT_INTERVAL).await;
                let lost = losses.count();
                if lost > told {
                    tracing::warn!(lines = lost - told, "log lines were lost");
                    told = lost;
                }
            }
        });
    }
}

impl Losses {
    /// Since the start.
    pub(crate) fn count(&self) -> u64 {
        let lost = self.dropped.dropped_lines() + self.unwritten.load(Ordering::Relaxed);
        u64::try_from(lost).unwrap_or(u64::MAX)
    }
}

/// Standard error, which may be full, closed, or nobody's.
struct Output {
    unwritten: Arc<AtomicUsize>,
}

impl Write for Output {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if stderr().write_all(line).is_err() {
            self.unwritten.fetch_add(1, Ordering::Relaxed);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
