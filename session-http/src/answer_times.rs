use std::sync::OnceLock;
use std::time::Duration;

use http::StatusCode;
use metrics::{Histogram, describe_histogram, histogram};

const NAME: &str = "session_http_seconds";

const CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];

/// How long the answers of one route take. Those of a kind that never came are not there, or each route would
/// have five histograms.
pub(crate) struct AnswerTimes {
    route: &'static str,
    times: [OnceLock<Histogram>; CLASSES.len()],
}

impl AnswerTimes {
    pub(crate) fn of(route: &'static str) -> Self {
        describe_histogram!(
            NAME,
            "Time until there was an answer, by the template of the route (`none` for what is at no path) and the first digit of its status; those of a kind that never came are not there"
        );
        Self { route, times: Default::default() }
    }

    /// What is at no path of ours.
    #[cfg(any(feature = "warp", feature = "tower"))]
    pub(crate) fn of_nothing() -> Self {
        Self::of("none")
    }

    pub(crate) fn note(&self, status: StatusCode, time: Duration) {
        let class = usize::from(status.as_u16() / 100).saturating_sub(1);
        let (Some(times), Some(class)) = (self.times.get(class), CLASSES.get(class)) else { return };
        let times = times.get_or_init(|| histogram!(NAME, "route" => self.route, "status" => *class));
        times.record(time);
    }
}
