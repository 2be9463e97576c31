//! Servers whose clocks differ, and clocks that are set back, log nobody out (R71).

use std::net::SocketAddr;
use std::time::Duration;

use session_engine::ManualClock;
use session_http::Limits;

use crate::client::Browser;
use crate::fleet::{ABSOLUTE, Fleet, START};

const HOUR: Duration = Duration::from_secs(3600);

/// R60, R71: by more than the minute that is let pass, and by an hour.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_whose_clocks_differ_know_each_others_sessions() {
    for offset in [Duration::from_secs(90), HOUR] {
        for other in [START.saturating_add(offset), START.saturating_sub(offset)] {
            let mut fleet = Fleet::on_redis().await;
            let astray = server_at(&mut fleet, &ManualClock::at(other)).await;
            let mut here = fleet.alice().await;
            let mut there = fleet.browser().led_to(astray);
            there.log_in("alice", crate::fleet::PASSWORD).await.expect_status(200);
            for browser in [&mut here, &mut there] {
                for address in [fleet.servers[0].address, astray] {
                    let mut browser = browser.led_to(address);
                    let answer = browser.get("/session").await.expect_status(200);
                    assert_eq!(answer.time("idle_expires_at"), START.as_secs() + 30 * 60);
                    assert_eq!(answer.time("absolute_expires_at"), START.as_secs() + 12 * 60 * 60);
                }
            }
            here.led_to(astray).log_out().await.expect_status(204);
            here.get("/session").await.expect_no_session("ended");
        }
    }
}

/// R71. The host of Redis has the wrong time, and nobody here.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_whose_clock_is_ahead_ends_no_session_by_being_read() {
    let mut fleet = Fleet::on_redis().await;
    let mut browser = fleet.alice().await;
    fleet.clock.advance(Duration::from_secs(120));
    // Long past the deadline that a read would set.
    fleet.redis().set_clock(START.saturating_add(Duration::from_secs(25 * 60)));
    for _ in 0..3 {
        browser.get("/session").await.expect_status(200);
    }
}

/// R71: nor does it keep anybody from changing or renewing a session.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_is_set_back_logs_nobody_out() {
    let fleet = Fleet::on_the_embedded_store().await;
    let mut browser = fleet.alice().await;
    for span in [Duration::from_secs(90), HOUR] {
        fleet.clock.set_back(span);
        browser.get("/session").await.expect_status(200);
        browser.patch("/session/data", serde_json::json!({ "a": 1 })).await.expect_status(200);
        browser.post("/session/renew", serde_json::json!({})).await.expect_status(200);
    }
}

/// F27: the record says when a session ends in any case, whatever becomes of the server's clock.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_whose_clock_is_set_back_keeps_the_absolute_end() {
    let mut fleet = Fleet::on_redis().await;
    let late = ManualClock::at(START.saturating_sub(HOUR));
    let astray = server_at(&mut fleet, &late).await;
    let browser = fleet.alice().await.led_to(astray);
    let advance = |span| {
        late.advance(span);
        fleet.advance(span);
    };
    use_for(browser, ABSOLUTE, advance).await;
}

/// F27: where it is the clock of Redis, or of a server that has the store to itself, a session lasts longer by the
/// span that the clock was set back, and no more.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_whose_clock_is_set_back_keeps_the_absolute_end_by_that_clock() {
    let mut fleet = Fleet::on_redis().await;
    let browser = fleet.alice().await;
    fleet.redis().set_clock(START.saturating_sub(HOUR));
    let right = ManualClock::at(START);
    let server = server_at(&mut fleet, &right).await;
    // The clock of Redis, from now on.
    fleet.clock.set_back(HOUR);
    let advance = |span| {
        right.advance(span);
        fleet.advance(span);
    };
    use_for(browser.led_to(server), ABSOLUTE + HOUR, advance).await;

    let fleet = Fleet::on_the_embedded_store().await;
    let browser = fleet.alice().await;
    fleet.clock.set_back(HOUR);
    use_for(browser, ABSOLUTE + HOUR, |span| fleet.advance(span)).await;
}

/// Uses a session for as long as it may last, and once more. How far two clocks differ is known to a second or so.
async fn use_for(mut browser: Browser, span: Duration, advance: impl Fn(Duration)) {
    const STEP: Duration = Duration::from_secs(25 * 60);
    const ABOUT: Duration = Duration::from_secs(5);
    let mut left = span;
    while left > STEP {
        advance(STEP);
        left -= STEP;
        browser.get("/session").await.expect_status(200);
    }
    advance(left - ABOUT);
    browser.get("/session").await.expect_status(200);
    advance(2 * ABOUT);
    browser.get("/session").await.expect_status(401);
}

/// One more server, on the same Redis, whose own clock is another.
async fn server_at(fleet: &mut Fleet, clock: &ManualClock) -> SocketAddr {
    let store = fleet.connect_at(clock).await;
    let ours = std::mem::replace(&mut fleet.clock, clock.clone());
    let address = fleet.add_server(store, Limits::default()).await.address;
    fleet.clock = ours;
    address
}
