//! What is counted of sessions, for whoever watches over them.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};
use serde_json::json;
use session_engine::{Activity, Renewal};

use crate::world::World;

/// Keeps counters by name and label.
#[derive(Default)]
struct Ledger(Mutex<BTreeMap<String, Arc<AtomicU64>>>);

impl Ledger {
    /// Those that have counted something since the last look.
    fn counted(&self) -> Vec<(String, u64)> {
        let counters = self.0.lock().unwrap();
        let counted = counters.iter().map(|(name, count)| (name.clone(), count.swap(0, Ordering::SeqCst)));
        counted.filter(|(_, count)| *count > 0).collect()
    }
}

impl Recorder for Ledger {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        let labels: Vec<_> = key.labels().map(metrics::Label::value).collect();
        let name = format!("{} {}", key.name(), labels.join(" "));
        Counter::from_arc(Arc::clone(self.0.lock().unwrap().entry(name).or_default()))
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }

    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}

/// A world of which the ledger hears, with nothing counted yet.
fn world() -> (World, Ledger) {
    let ledger = Ledger::default();
    let world = metrics::with_local_recorder(&ledger, World::new);
    (world, ledger)
}

#[track_caller]
fn assert_counted(ledger: &Ledger, expected: &[(&str, u64)]) {
    let expected: Vec<_> = expected.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect();
    assert_eq!(ledger.counted(), expected);
}

#[tokio::test]
async fn sessions_are_counted_by_whose_they_are_and_cookies_by_their_key() {
    let (world, ledger) = world();
    world.alice().await;
    let expected = [("session_cookies_total c1", 1), ("session_starts_total subject", 1)];
    assert_counted(&ledger, &expected);
    world.guest(json!({})).await;
    let expected = [("session_cookies_total c1", 1), ("session_starts_total guest", 1)];
    assert_counted(&ledger, &expected);
    assert!(world.sessions.authenticate([&b"theme=dark"[..]]).is_err());
    assert_counted(&ledger, &[("session_cookies_refused_total absent", 1)]);
}

#[tokio::test]
async fn checks_are_counted_by_what_came_of_them_and_by_whether_the_deadline_was_known() {
    let (world, ledger) = world();
    let cookie = world.alice().await;
    ledger.counted();
    world.sessions.resume(&cookie, Activity::Passive).await.unwrap();
    assert_counted(&ledger, &[("session_checks_total live", 1)]);
    world.sessions.resume(&cookie, Activity::Active).await.unwrap();
    let (live, hit) = (("session_checks_total live", 1), ("session_deadline_cache_total hit", 1));
    assert_counted(&ledger, &[live, hit]);
    let other = metrics::with_local_recorder(&ledger, || world.server());
    other.resume(&cookie, Activity::Active).await.unwrap();
    assert_counted(&ledger, &[live, ("session_deadline_cache_total miss", 1)]);

    let renewed = world.sent(&world.sessions.renew(&cookie, Renewal::Plain).await.unwrap().cookie);
    ledger.counted();
    assert!(world.sessions.resume(&cookie, Activity::Passive).await.is_err());
    assert_counted(&ledger, &[("session_checks_total renewed", 1)]);
    world.sessions.revoke(&renewed).await.unwrap();
    ledger.counted();
    assert!(world.sessions.resume(&renewed, Activity::Passive).await.is_err());
    assert_counted(&ledger, &[("session_checks_total ended", 1)]);
}

#[cfg(feature = "legacy")]
#[tokio::test]
async fn what_becomes_of_sessions_of_another_library_is_counted() {
    use crate::legacy::Moving;

    let (world, ledger) = world();
    let moving = metrics::with_local_recorder(&ledger, || Moving::into(&world));
    let issued = moving.take_over().await;
    let started = [("session_legacy_total taken_over", 1), ("session_starts_total subject", 1)];
    assert_counted(&ledger, &started);
    drop(issued);
    moving.put("{}");
    moving.take_over().await.unwrap();
    assert_counted(&ledger, &[("session_legacy_total nobodys", 1)]);
    moving.sessions.end_legacy(&moving.cookie).await.unwrap();
    moving.sessions.revoke_all(&crate::world::alice(), session_engine::Revocation::All).await.unwrap();
    ledger.counted();
    moving.take_over().await.unwrap();
    assert_counted(&ledger, &[("session_legacy_total over", 1)]);
    moving.be_away();
    assert!(moving.take_over().await.is_err());
    assert_counted(&ledger, &[("session_legacy_total unavailable", 1)]);
}

#[tokio::test]
async fn what_the_near_cache_spares_is_counted_where_it_is_of_use() {
    let (world, ledger) = world();
    let cookie = world.alice().await;
    world.store.be_trusted_in_vain();
    ledger.counted();
    let live = ("session_checks_total live", 1);
    // The first tells that the store tells of changes, the second is kept, and the third is there.
    for near in [&[][..], &[("session_near_cache_total miss", 1)], &[("session_near_cache_total hit", 1)]] {
        world.sessions.resume(&cookie, Activity::Passive).await.unwrap();
        assert_counted(&ledger, &[&[live], near].concat());
    }
}
