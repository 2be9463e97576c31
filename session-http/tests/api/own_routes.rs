//! What a Rust application does with the library: routes of its own beside ours.

use reqwest::Method;
use session_http::warp::{recover, routes, same_site, session, with};
use session_http::{SecurityHeaders, Session};
use tokio::net::TcpListener;
use warp::Filter;

use crate::client::Browser;
use crate::fleet::{Fleet, PASSWORD};
use crate::on_every_store;

on_every_store!(an_applications_own_routes_see_the_live_session);

/// R34, R35: by filters that an application puts before its own.
async fn an_applications_own_routes_see_the_live_session(fleet: Fleet) {
    let app = &fleet.servers[0].app;
    let greeting = warp::path!("greeting").and(warp::get()).and(session(app));
    let greeting = greeting.map(|session: Session| format!("hello, {}", session.subject()));
    let order = warp::path!("orders").and(warp::post()).and(same_site(app)).and(session(app));
    let order = order.map(|_| "ordered".to_owned());
    let own = greeting.or(order).unify().map(with(SecurityHeaders::all()));
    let all = own.or(routes(app)).unify().recover(recover);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut browser = Browser::at(listener.local_addr().unwrap());
    // Our filters are warp's, so whatever serves those serves ours.
    tokio::spawn(warp::serve(all).incoming(listener).run());

    let greeting = |browser: &Browser| browser.request(Method::GET, "/greeting");
    let stranger = greeting(&browser);
    browser.send_undocumented(stranger).await.expect_no_session("absent");
    browser.log_in("alice", PASSWORD).await.expect_status(200);
    let known = greeting(&browser);
    let answer = browser.send_undocumented(known).await.expect_status(200);
    assert_eq!(answer.text, "hello, alice");
    assert_eq!(answer.header("cache-control"), "no-store");
    let sessions = browser.get("/sessions").await.json();
    assert_eq!(sessions["sessions"][0]["client"]["ip"], "127.0.0.1");

    let order =
        |browser: &Browser, site| browser.request(Method::POST, "/orders").header("Sec-Fetch-Site", site);
    let (ours, theirs) = (order(&browser, "same-origin"), order(&browser, "cross-site"));
    browser.send_undocumented(ours).await.expect_status(200);
    assert_eq!(browser.send_undocumented(theirs).await.expect_status(403).json()["code"], "cross_site");
    let nothing = browser.request(Method::GET, "/nothing");
    let nothing = browser.send_undocumented(nothing).await.expect_status(404);
    assert_eq!(nothing.text, "", "what is not ours is left to the application");
}
