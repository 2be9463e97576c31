use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tracing_appender::non_blocking::{ErrorCounter, NonBlocking, NonBlockingBuilder, WorkerGuard};

/// How many lines may wait for a reader that has stalled.
const MAX_WAITING_LINES: usize = 16 * 1024;

/// How many lines were lost, of all outputs.
#[derive(Clone, Default)]
pub(crate) struct Losses {
    dropped: Vec<ErrorCounter>,
    unwritten: Arc<AtomicUsize>,
}

impl Losses {
    /// Since the start.
    pub(crate) fn count(&self) -> u64 {
        let dropped: usize = self.dropped.iter().map(ErrorCounter::dropped_lines).sum();
        u64::try_from(dropped + self.unwritten.load(Ordering::Relaxed)).unwrap_or(u64::MAX)
    }
}

/// A way to write lines to this. A thread of its own does: whoever logs never waits.
pub(super) fn to(output: impl Write + Send + 'static, losses: &mut Losses) -> (NonBlocking, WorkerGuard) {
    let unwritten = Arc::clone(&losses.unwritten);
    let builder = NonBlockingBuilder::default().lossy(true).buffered_lines_limit(MAX_WAITING_LINES);
    let (writer, worker) = builder.finish(Output { output, unwritten });
    losses.dropped.push(writer.error_counter());
    (writer, worker)
}

/// What may be full, closed, or nobody's.
struct Output<W> {
    output: W,
    unwritten: Arc<AtomicUsize>,
}

impl<W: Write> Write for Output<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if self.output.write_all(line).is_err() {
            self.unwritten.fetch_add(1, Ordering::Relaxed);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
