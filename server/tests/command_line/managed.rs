//! A server whose management is open, and what its metrics are.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use reqwest::{Method, RequestBuilder};

use crate::machine::{Machine, Server};

pub(crate) const TOKEN: &str = "canary-token-of-the-office-0123456789";

/// A server and where its management is.
pub(crate) struct Managed {
    pub(crate) server: Server,
    pub(crate) manage: String,
}

impl Managed {
    /// Serves with a token for the office.
    pub(crate) async fn start(machine: &Machine, flags: &[&str]) -> Self {
        machine.write("tokens", &format!("# who may\noffice:{TOKEN}\n"));
        let managed = ["--manage", "127.0.0.1:0", "--management-tokens", "tokens"];
        let server = machine.serve(&[&managed[..], flags].concat()).await;
        let line = || {
            machine.read("log").lines().find(|line| line.contains(" management address=")).map(str::to_owned)
        };
        // Lines are written by a thread of its own.
        until(async || line().is_some()).await;
        let manage = line().unwrap().rsplit_once("address=").unwrap().1.trim().to_owned();
        Self { server, manage }
    }

    pub(crate) fn ask(&self, method: Method, path: &str) -> RequestBuilder {
        self.server.http().request(method, format!("http://{}{path}", self.manage)).bearer_auth(TOKEN)
    }

    pub(crate) async fn metrics(&self) -> Metrics {
        let answer = self.ask(Method::GET, "/metrics").send().await.unwrap();
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["content-type"], "text/plain; version=0.0.4; charset=utf-8");
        Metrics { text: answer.text().await.unwrap() }
    }
}

pub(crate) async fn until(mut is_so: impl AsyncFnMut() -> bool) {
    let patience = Instant::now() + Duration::from_secs(20);
    while !is_so().await {
        assert!(Instant::now() < patience, "it never is");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// What `GET /metrics` told.
pub(crate) struct Metrics {
    pub(crate) text: String,
}

/// The values that each label of a metric has.
pub(crate) type Labels = BTreeMap<String, BTreeSet<String>>;

impl Metrics {
    /// The value of a series, as it is written: `name{label="value"}`.
    #[track_caller]
    pub(crate) fn of(&self, series: &str) -> f64 {
        let line = self.text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
        line.unwrap_or_else(|| panic!("no {series}: {}", self.text)).parse().unwrap()
    }

    /// Each metric with its type.
    pub(crate) fn types(&self) -> BTreeMap<String, String> {
        let lines = self.text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
        lines.map(|line| line.split_once(' ').unwrap()).map(|(name, of)| (name.into(), of.into())).collect()
    }

    /// Each series name, such as `x_bucket` of the histogram `x`, with its labels.
    pub(crate) fn series(&self) -> BTreeMap<String, Labels> {
        let mut series: BTreeMap<String, Labels> = BTreeMap::new();
        for line in self.text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let (series_of, _) = line.rsplit_once(' ').unwrap();
            let (name, labels) = series_of.split_once('{').unwrap_or((series_of, "}"));
            let known = series.entry(name.to_owned()).or_default();
            for label in labels.strip_suffix('}').unwrap().split(',').filter(|label| !label.is_empty()) {
                let (label, value) = label.split_once('=').unwrap();
                known.entry(label.to_owned()).or_default().insert(value.trim_matches('"').to_owned());
            }
        }
        series
    }
}
