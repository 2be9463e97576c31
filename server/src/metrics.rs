//! What `GET /metrics` of the management listener tells.

use std::time::Duration;

use metrics::{counter, describe_counter, describe_gauge, gauge};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

use crate::Result;
use crate::log::Losses;

/// Bounds of histograms, in seconds: from a local Redis' answer to more than a request's budget of 0.8 s.
const BUCKETS: [f64; 12] = [0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0];

/// How often single times are summed up while nobody asks. Until then each takes memory.
const UPKEEP_INTERVAL: Duration = Duration::from_secs(5);

/// All that is counted and timed from now on.
pub(crate) struct Metrics {
    recorder: PrometheusHandle,
    losses: Losses,
}

impl Metrics {
    /// Begins, within a Tokio runtime: before whatever is to be measured is made.
    pub(crate) fn start(losses: Losses) -> Result<Self> {
        let builder = PrometheusBuilder::new();
        let builder = builder.set_buckets_for_metric(Matcher::Suffix("_seconds".into()), &BUCKETS)?;
        let recorder = builder.install_recorder()?;
        describe_gauge!("session_build_info", "1; its label is the version of the server");
        gauge!("session_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
        describe_counter!("session_log_lines_lost_total", "Lines of the log that could not be written");
        let upkeep = recorder.clone();
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(UPKEEP_INTERVAL).await;
                upkeep.run_upkeep();
            }
        });
        Ok(Self { recorder, losses })
    }

    /// In the text format of Prometheus.
    pub(crate) fn render(&self) -> String {
        counter!("session_log_lines_lost_total").absolute(self.losses.count());
        self.recorder.render()
    }
}
