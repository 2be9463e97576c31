//! `deploy/telemetry/`: alerts and a dashboard, against the metrics that a running server has.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use serde_json::{Value, json};

use crate::machine::Machine;
use crate::managed::{Labels, Managed, Metrics};
use crate::settings::deployed;
use crate::yaml::{documents, text};

/// What Prometheus adds to each series, and to the series of a histogram.
const ADDED: [&str; 3] = ["job", "instance", "le"];

fn rules() -> Vec<Value> {
    let alerts = documents("telemetry/alerts.yaml").remove(0);
    alerts["groups"][0]["rules"].as_array().unwrap().clone()
}

fn dashboard() -> Value {
    serde_json::from_str(&fs::read_to_string(deployed("telemetry/dashboard.json")).unwrap()).unwrap()
}

/// The queries of every panel, with what Grafana would put in place of its variables.
fn queries() -> Vec<(String, String)> {
    let dashboard = dashboard();
    let panels = dashboard["panels"].as_array().unwrap();
    let targets = panels.iter().flat_map(|panel| panel["targets"].as_array().unwrap());
    let query = |target: &Value| {
        let query = text(&target["expr"]).replace("$__rate_interval", "5m").replace("$job", ".*");
        (query, text(&target["legendFormat"]).to_owned())
    };
    targets.map(query).collect()
}

/// A metric that an expression asks for.
struct Selector<'e> {
    metric: &'e str,
    /// Labels with the values that they are compared to, with `|` in between.
    matchers: Vec<(&'e str, &'e str)>,
}

fn selectors(expression: &str) -> impl Iterator<Item = Selector<'_>> {
    let in_a_name = |char: char| char.is_ascii_alphanumeric() || char == '_';
    expression.match_indices("session_").map(move |(at, _)| {
        let rest = &expression[at..];
        let (metric, rest) = rest.split_at(rest.find(|char| !in_a_name(char)).unwrap_or(rest.len()));
        let inner =
            rest.strip_prefix('{').and_then(|rest| rest.split_once('}')).map_or("", |(inner, _)| inner);
        let matchers = inner.split(',').filter_map(|matcher| {
            let (label, values) = matcher.trim().split_once(['=', '!'])?;
            Some((label, values.trim_start_matches(['=', '~']).trim_matches('"')))
        });
        Selector { metric, matchers: matchers.collect() }
    })
}

/// The labels that an expression groups by.
fn groupings(expression: &str) -> impl Iterator<Item = &str> {
    let groups = expression.split("by (").skip(1).filter_map(|rest| rest.split_once(')'));
    groups.flat_map(|(labels, _)| labels.split(',').map(str::trim))
}

async fn of_a_running_server() -> Metrics {
    let machine = Machine::with_alice();
    machine.write("secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n");
    // Nobody is there.
    let webhook = ["--events", "--webhook", "http://127.0.0.1:9/", "--webhook-secret", "secret"];
    let managed = Managed::start(&machine, &webhook).await;
    let login = managed.server.log_in("alice").await;
    assert_eq!(managed.server.status_of(&login).await, 200);
    managed.metrics().await
}

#[tokio::test]
async fn alerts_and_dashboard_ask_for_what_a_running_server_has() {
    let series = of_a_running_server().await.series();
    let alerts = rules().into_iter().map(|rule| text(&rule["expr"]).to_owned());
    let mut asked_for = BTreeSet::new();
    for expression in alerts.chain(queries().into_iter().map(|(query, _)| query)) {
        let mut labels: BTreeSet<&str> = ADDED.into();
        for Selector { metric: name, matchers } in selectors(&expression) {
            let known: &Labels = series.get(name).unwrap_or_else(|| panic!("no metric {name}: {expression}"));
            for (label, values) in matchers.into_iter().filter(|(label, _)| !ADDED.contains(label)) {
                let of_it = known.get(label).unwrap_or_else(|| panic!("{name} has no {label}: {expression}"));
                for value in values.split('|') {
                    assert!(of_it.contains(value), "no {label} of {name} is {value:?}: {expression}");
                }
            }
            labels.extend(known.keys().map(String::as_str));
            asked_for.insert(name.trim_end_matches("_bucket").trim_end_matches("_count").to_owned());
        }
        for label in groupings(&expression) {
            assert!(labels.contains(label), "nothing has the label {label}: {expression}");
        }
    }
    let all: BTreeSet<String> = of_a_running_server().await.types().into_keys().collect();
    assert_eq!(asked_for, all, "what is measured is shown");
}

#[test]
fn a_legend_names_what_is_grouped_by() {
    for (query, legend) in queries() {
        let grouped: BTreeSet<&str> = groupings(&query).filter(|label| *label != "le").collect();
        let named = legend.split("{{").skip(1).filter_map(|rest| rest.split_once("}}"));
        assert_eq!(named.map(|(label, _)| label).collect::<BTreeSet<_>>(), grouped, "{query}");
    }
}

/// F12, F13, F26: that logins fail, and that sessions end in masses.
#[test]
fn every_alert_is_shown_to_speak_and_to_be_silent() {
    let names: BTreeSet<String> = rules().iter().map(|rule| text(&rule["alert"]).to_owned()).collect();
    let tests = documents("telemetry/alerts.test.yaml").remove(0);
    let [silent, speaking] = tests["tests"].as_array().unwrap().as_slice() else { panic!("{tests}") };
    let tested = |test: &Value, speaks: bool| {
        let tested = test["alert_rule_test"].as_array().unwrap().iter();
        let of_kind = tested.filter(move |case| case["exp_alerts"].is_array() == speaks);
        of_kind.map(|case| text(&case["alertname"]).to_owned()).collect::<BTreeSet<_>>()
    };
    assert_eq!((&tested(silent, false), &tested(speaking, true)), (&names, &names));
    promtool(&["test", "rules", deployed("telemetry/alerts.test.yaml").to_str().unwrap()]);
}

#[test]
fn prometheus_understands_every_expression() {
    promtool(&["check", "rules", deployed("telemetry/alerts.yaml").to_str().unwrap()]);
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("dashboard.json");
    let record = |(at, (query, _)): (usize, (String, String))| json!({ "record": format!("panel_{at}"), "expr": query });
    let rules: Vec<Value> = queries().into_iter().enumerate().map(record).collect();
    // JSON is YAML.
    fs::write(&file, json!({ "groups": [{ "name": "dashboard", "rules": rules }] }).to_string()).unwrap();
    promtool(&["check", "rules", file.to_str().unwrap()]);
}

#[track_caller]
fn promtool(words: &[&str]) {
    let output =
        Command::new("promtool").args(words).output().expect("promtool, of Debian's package `prometheus`");
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}
