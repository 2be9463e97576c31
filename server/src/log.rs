//! The log on standard error, and the audit log in a file if it is to be there too. A log that cannot be
//! written costs lines and nothing else: no request, no start and no exit code (R61).

mod output;

use std::fs::OpenOptions;
use std::io::{IsTerminal, stderr};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

use session_engine::AUDIT_TARGET;
use tracing::{Metadata, Subscriber};
use tracing_appender::non_blocking::WorkerGuard;
use tracing_subscriber::filter::{FilterExt, LevelFilter, filter_fn};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, fmt};

use crate::Result;
use crate::settings::Settings;
use crate::settings::values::LogFormat;

pub(crate) use output::Losses;

/// How often it is looked whether lines were lost.
const REPORT_INTERVAL: Duration = Duration::from_secs(60);

/// The log while it is written. Dropping it writes what waits, unless nobody reads.
pub(crate) struct Log {
    losses: Losses,
    // Dropped first, since the log is told what could not be sent.
    #[cfg(feature = "otlp")]
    _traces: Option<crate::otlp::Traces>,
    _workers: Vec<WorkerGuard>,
}

/// Begins to write the log.
pub(crate) fn start(settings: &Settings) -> Result<Log> {
    let filter = EnvFilter::try_new(&settings.log)
        .map_err(|_| "log filter is not one that `tracing-subscriber` understands, such as `info`")?;
    let mut losses = Losses::default();
    let (writer, worker) = output::to(stderr(), &mut losses);
    let lines = fmt::layer().with_ansi(stderr().is_terminal()).with_writer(writer);
    let lines = match settings.log_format {
        LogFormat::Text => lines.boxed(),
        // The span of the request is the only one.
        LogFormat::Json => lines.json().with_span_list(false).boxed(),
    };
    let mut workers = vec![worker];
    let audit = match &settings.audit_log {
        Some(path) => {
            let (layer, worker) = audit(path, &mut losses)?;
            workers.push(worker);
            Some(layer)
        }
        None => None,
    };
    let subscriber = tracing_subscriber::registry().with(lines.with_filter(filter)).with(audit);
    #[cfg(feature = "otlp")]
    let traces = settings.otlp_endpoint.as_deref().map(crate::otlp::Traces::start).transpose()?;
    #[cfg(feature = "otlp")]
    let subscriber = subscriber.with(traces.as_ref().map(crate::otlp::Traces::layer));
    subscriber.init();
    Ok(Log {
        losses,
        _workers: workers,
        #[cfg(feature = "otlp")]
        _traces: traces,
    })
}

/// The lines of the audit log as JSON, at the end of a file, whatever else the log has.
fn audit<S>(path: &Path, losses: &mut Losses) -> Result<(impl Layer<S> + use<S>, WorkerGuard)>
where
    S: Subscriber + for<'s> LookupSpan<'s>,
{
    let file = OpenOptions::new().append(true).create(true).mode(0o600).open(path);
    let file = file.map_err(|error| format!("audit log `{}` cannot be opened: {error}", path.display()))?;
    let (writer, worker) = output::to(file, losses);
    // The span has the ID of the request and where it came from.
    let is_wanted = |what: &Metadata<'_>| what.is_span() || what.target() == AUDIT_TARGET;
    let layer = fmt::layer().json().with_span_list(false).with_writer(writer);
    Ok((layer.with_filter(filter_fn(is_wanted).and(LevelFilter::INFO)), worker))
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
                    tracing::warn!(
                        lines = lost - told,
                        "log lines were lost: what reads them is too slow, or their disk is full"
                    );
                    told = lost;
                }
            }
        });
    }
}
