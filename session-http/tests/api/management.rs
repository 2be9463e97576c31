//! What a back end does over the management's listener: starts sessions of whom it has authenticated, and reads,
//! changes and ends them.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;

use futures_util::future::join_all;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use session_http::{Limits, Management, ManagementTokens, serve, warp::management};
use tokio::net::TcpListener;

use crate::client::{Answer, Browser};
use crate::fleet::{Fleet, IDLE, START};
use crate::moody_store::{Mood, MoodyStore};
use crate::{document, on_every_store, secrecy};

const TOKEN: &str = "canary-token-of-the-office-0123456789";
const ALICES: &str = "/subjects/alice/sessions";

on_every_store!(
    a_started_session_is_the_browsers_by_the_cookies_that_are_handed_on,
    a_start_is_repeated_by_its_key_on_every_server,
    a_session_is_read_and_ended_by_its_id,
    claims_are_set_on_a_living_session,
    a_list_is_read_page_by_page_while_sessions_end_and_begin,
    what_cannot_be_started_is_refused_with_its_reason,
    a_started_session_counts_among_those_of_its_subject,
);

/// A back end that speaks to the management of one server.
#[derive(Clone)]
pub(crate) struct BackEnd {
    http: reqwest::Client,
    management: SocketAddr,
    server: SocketAddr,
}

impl BackEnd {
    pub(crate) async fn of(fleet: &Fleet, server: usize) -> Self {
        let server = &fleet.servers[server];
        let tokens = ManagementTokens::parse(&format!("office:{TOKEN}\n")).unwrap();
        secrecy::note([TOKEN]);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let service = warp::service(management(&Management::new(&server.app, tokens)));
        tokio::spawn(serve(listener, service, server.app.lifecycle().clone(), Limits::default()));
        Self { http: reqwest::Client::new(), management: address, server: server.address }
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("http://{}{path}", self.management)).bearer_auth(TOKEN)
    }

    /// Sends it and holds the answer against `management.json`.
    async fn send(&self, request: RequestBuilder) -> Answer {
        let request = request.build().unwrap();
        let sent = request.try_clone().unwrap();
        let response = self.http.execute(request).await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let answer = Answer { status, headers, text: response.text().await.unwrap() };
        document::hold_management(&sent, &answer);
        assert_eq!(answer.header("cache-control"), "no-store", "{answer:?}");
        assert_eq!(answer.header("set-cookie"), "", "it is not the back end's");
        answer
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, path)).await
    }

    async fn start(&self, subject: &str, body: Value) -> Answer {
        self.send(self.request(Method::POST, &format!("/subjects/{subject}/sessions")).json(&body)).await
    }

    pub(crate) async fn start_with(&self, key: &str, body: Value) -> Answer {
        let request = self.request(Method::POST, ALICES).header("Idempotency-Key", key);
        self.send(request.json(&body)).await
    }

    async fn change_claims(&self, id: &str, patch: Value) -> Answer {
        self.send(self.request(Method::PATCH, &format!("/sessions/{id}/claims")).json(&patch)).await
    }

    /// The browser that was handed what the answer has for it.
    fn browser(&self, started: &Answer) -> Browser {
        let cookie = cookie_of(started);
        secrecy::note(cookie.split('.').nth(3));
        let mut browser = Browser::at(self.server);
        browser.cookie = Some(cookie);
        browser
    }
}

fn cookie_of(started: &Answer) -> String {
    let cookies = started.json()["set_cookies"].clone();
    let value = cookies[0].as_str().unwrap().strip_prefix("__Host-session=").expect("the session cookie");
    value.split(';').next().unwrap().to_owned()
}

fn id_of(started: &Answer) -> String {
    started.json()["session"]["session_id"].as_str().unwrap().to_owned()
}

async fn a_started_session_is_the_browsers_by_the_cookies_that_are_handed_on(fleet: Fleet) {
    let back_end = BackEnd::of(&fleet, 0).await;
    let started = back_end
        .start(
            "Zo%C3%AB%20van%20Dijk",
            json!({
                "claims": { "name": "Zo\u{eb}", "roles": ["buyer"] },
                "idle_timeout": 600,
                "absolute_timeout": 3600.0,
                "authenticated_at": START.as_secs() - 60,
                "client": { "ip": "2001:db8::7", "user_agent": "Phone/1.0" },
            }),
        )
        .await
        .expect_status(201);
    let (id, session) = (id_of(&started), started.json()["session"].clone());
    assert_eq!(started.header("location"), format!("/sessions/{id}"));
    assert_eq!(
        (&session["subject"], &session["created_at"]),
        (&json!("Zo\u{eb} van Dijk"), &json!(START.as_secs()))
    );
    assert_eq!(session["authenticated_at"], START.as_secs() - 60);
    assert_eq!(session["idle_expires_at"], START.as_secs() + 600);
    assert_eq!(session["absolute_expires_at"], START.as_secs() + 3600);
    let cookies = started.json()["set_cookies"].clone();
    let attributes = |at: usize| cookies[at].as_str().unwrap().split_once("; ").unwrap().1.to_owned();
    assert_eq!(attributes(0), "Path=/; Secure; HttpOnly; SameSite=Lax");
    assert!(cookies[1].as_str().unwrap().starts_with("__Host-session-statement="), "{cookies}");
    assert_eq!(cookies.as_array().unwrap().len(), 2);

    let secret = cookie_of(&started).split('.').nth(3).unwrap().to_owned();
    assert_eq!(started.text.matches(&secret).count(), 1, "the secret is in one place");
    let mut browser = back_end.browser(&started);
    let seen = browser.get("/session").await.expect_status(200).json();
    assert_eq!((&seen["session_id"], &seen["claims"]), (&session["session_id"], &session["claims"]));
    let devices = browser.get("/sessions").await.expect_status(200).json();
    assert_eq!(devices["sessions"][0]["client"], json!({ "ip": "2001:db8::7", "user_agent": "Phone/1.0" }));
    // Its own timeout is what use pushes, on another server too.
    fleet.advance(Duration::from_secs(590));
    let mut elsewhere = browser.led_to(fleet.servers[1].address);
    let pushed = elsewhere.get("/session").await.expect_status(200);
    assert_eq!(pushed.time("idle_expires_at"), START.as_secs() + 590 + 600);
    fleet.advance(Duration::from_secs(601));
    browser.get("/session").await.expect_no_session("ended");
}

async fn a_start_is_repeated_by_its_key_on_every_server(fleet: Fleet) {
    let back_ends = join_all([0, 1].map(|server| BackEnd::of(&fleet, server))).await;
    let body = || json!({ "claims": { "name": "Alice" } });
    let starts = (0..8).map(|number| back_ends[number % 2].start_with("sign-in-42", body()));
    let started: Vec<_> =
        join_all(starts).await.into_iter().map(|answer| answer.expect_status(201)).collect();
    let cookies: BTreeSet<_> = started.iter().map(cookie_of).collect();
    assert_eq!(cookies.len(), 1, "one session, and one cookie for it");
    let listed = back_ends[0].get(ALICES).await.expect_status(200).json();
    assert_eq!(listed["sessions"].as_array().unwrap().len(), 1);
    back_ends[1].browser(&started[0]).get("/session").await.expect_status(200);

    let other = back_ends[1].start_with("sign-in-42", json!({})).await.expect_status(422);
    assert_eq!(other.json()["code"], "idempotency_key_reused");
    let request = back_ends[0].request(Method::POST, "/subjects/bob/sessions").json(&body());
    let bobs = back_ends[0].send(request.header("Idempotency-Key", "sign-in-42")).await.expect_status(422);
    assert_eq!(bobs.json()["code"], "idempotency_key_reused");
    let another = back_ends[0].start_with("sign-in-43", body()).await.expect_status(201);
    assert_ne!(id_of(&another), id_of(&started[0]));

    back_ends[0].browser(&started[0]).log_out().await.expect_status(204);
    let spent = back_ends[1].start_with("sign-in-42", body()).await.expect_status(409);
    assert_eq!(spent.json()["code"], "idempotency_key_spent");
    for key in ["", "two words", &"x".repeat(256)] {
        let refused = back_ends[0].start_with(key, body()).await.expect_status(400);
        assert_eq!(refused.json()["code"], "invalid_idempotency_key", "{key}");
    }
    let twice = back_ends[0].request(Method::POST, ALICES).json(&body());
    let twice = twice.header("Idempotency-Key", "a").header("Idempotency-Key", "b");
    back_ends[0].send(twice).await.expect_status(400);
}

async fn a_session_is_read_and_ended_by_its_id(fleet: Fleet) {
    let back_end = BackEnd::of(&fleet, 0).await;
    let mut alice = fleet.alice().await;
    alice.put("/session/data", json!({ "cart": ["book"] })).await.expect_status(200);
    let cookie = alice.cookie().to_owned();
    let id = cookie.split('.').nth(2).unwrap().to_owned();
    let path = format!("/sessions/{id}");
    let shown = back_end.get(&path).await.expect_status(200);
    assert_eq!((&shown.json()["session_id"], &shown.json()["subject"]), (&json!(id), &json!("alice")));
    assert!(shown.json().get("data").is_none(), "what is in it is not for everybody who looks");
    let with_data = back_end.get(&format!("{path}?data=true")).await.expect_status(200);
    assert_eq!(with_data.json()["data"], json!({ "cart": ["book"] }));
    let hash = fleet.servers[0].app.sessions().find(id.parse().unwrap()).await.unwrap().unwrap();
    let hash = String::from(hash.record().secret_hash);
    for answer in [&shown, &with_data] {
        assert!(!answer.text.contains(&hash) && !answer.text.contains(cookie.split('.').nth(3).unwrap()));
    }
    for query in ["data=yes", "data=true&data=true", "all=true"] {
        let refused = back_end.get(&format!("{path}?{query}")).await.expect_status(400);
        assert_eq!(refused.json()["code"], "unexpected_query", "{query}");
    }
    fleet.advance(Duration::from_secs(600));
    let looked = back_end.get(&path).await.expect_status(200);
    assert_eq!(looked.time("idle_expires_at"), shown.time("idle_expires_at"), "looking is no use of it");

    back_end.delete(&path).await.expect_status(204);
    alice.led_to(fleet.servers[1].address).get("/session").await.expect_no_session("ended");
    for _ in 0..2 {
        assert_eq!(back_end.delete(&path).await.expect_status(404).json()["code"], "no_such_session");
    }
    back_end.get(&path).await.expect_status(404);
    back_end.get("/sessions/not-an-id").await.expect_status(404);
}

async fn claims_are_set_on_a_living_session(fleet: Fleet) {
    let back_end = BackEnd::of(&fleet, 0).await;
    let started = back_end.start("alice", json!({ "claims": { "roles": ["buyer"], "tenant": 1 } })).await;
    let (id, mut browser) = (id_of(&started), back_end.browser(&started));
    let changed = back_end.change_claims(&id, json!({ "roles": ["buyer", "seller"], "tenant": null })).await;
    assert_eq!(changed.expect_status(200).json()["claims"], json!({ "roles": ["buyer", "seller"] }));
    let patches = (0..8).map(|number| back_end.change_claims(&id, json!({ (format!("c{number}")): number })));
    join_all(patches).await.into_iter().for_each(|answer| drop(answer.expect_status(200)));
    let elsewhere = browser.led_to(fleet.servers[1].address).get("/session").await.expect_status(200);
    assert_eq!(elsewhere.json()["claims"].as_object().unwrap().len(), 9);

    let long = back_end.change_claims(&id, json!({ "x": "x".repeat(4_000) })).await.expect_status(422);
    assert_eq!(long.json()["code"], "unfit_claims");
    back_end.change_claims(&id, json!(["roles"])).await.expect_status(400);
    let text = back_end.request(Method::PATCH, &format!("/sessions/{id}/claims")).body("{}");
    assert_eq!(back_end.send(text).await.expect_status(415).json()["code"], "media_type");
    assert_eq!(browser.get("/session").await.json()["claims"].as_object().unwrap().len(), 9);
    // By the ID that it had when it was started.
    browser.post("/session/renew", json!({})).await.expect_status(200);
    back_end.change_claims(&id, json!({ "renewed": true })).await.expect_status(200);
    assert_eq!(browser.get("/session").await.json()["claims"]["renewed"], true);
    browser.log_out().await.expect_status(204);
    back_end.change_claims(&id, json!({})).await.expect_status(404);
}

async fn a_list_is_read_page_by_page_while_sessions_end_and_begin(fleet: Fleet) {
    let back_end = BackEnd::of(&fleet, 0).await;
    let mut begun = Vec::new();
    for number in 0..9 {
        begun.push(id_of(&back_end.start("alice", json!({})).await.expect_status(201)));
        // Some of them in the same second.
        fleet.advance(Duration::from_secs(number % 3));
    }
    let whole = back_end.get(ALICES).await.expect_status(200).json();
    assert!(whole.get("next_cursor").is_none());
    let ids = |list: &Value| -> Vec<String> {
        let sessions = list["sessions"].as_array().unwrap().iter();
        sessions.map(|session| session["session_id"].as_str().unwrap().to_owned()).collect()
    };
    let whole = ids(&whole);
    assert_eq!(whole.iter().collect::<BTreeSet<_>>(), begun.iter().collect::<BTreeSet<_>>());

    let first = back_end.get(&format!("{ALICES}?limit=4")).await.expect_status(200).json();
    assert_eq!(ids(&first), whole[..4]);
    // The one at whose end the page stops, one on the next page, and one more at the front.
    back_end.delete(&format!("/sessions/{}", whole[3])).await.expect_status(204);
    back_end.delete(&format!("/sessions/{}", whole[5])).await.expect_status(204);
    back_end.start("alice", json!({})).await.expect_status(201);
    let next = |list: &Value| format!("{ALICES}?limit=4&cursor={}", list["next_cursor"].as_str().unwrap());
    let second = back_end.get(&next(&first)).await.expect_status(200).json();
    assert_eq!(ids(&second), [&whole[4..5], &whole[6..]].concat());
    assert!(second.get("next_cursor").is_none(), "{second}");

    for query in ["limit=0", "limit=101", "limit=04", "limit=x", "cursor=x", "page=2", "limit=1&limit=2"] {
        let refused = back_end.get(&format!("{ALICES}?{query}")).await.expect_status(400);
        assert_eq!(refused.json()["code"], "unexpected_query", "{query}");
    }
    let none = back_end.get("/subjects/nobody/sessions").await.expect_status(200);
    assert_eq!(none.json(), json!({ "sessions": [] }));
}

/// R38: strict in types, names and sizes.
async fn what_cannot_be_started_is_refused_with_its_reason(fleet: Fleet) {
    let back_end = BackEnd::of(&fleet, 0).await;
    let hour = START.as_secs() + 3600;
    for (body, status, code) in [
        (json!([]), 400, "unexpected_body"),
        (json!({ "claims": null }), 400, "unexpected_body"),
        (json!({ "claims": ["admin"] }), 400, "unexpected_body"),
        (json!({ "claim": {} }), 400, "unexpected_body"),
        (json!({ "idle_timeout": 1 }), 400, "unexpected_body"),
        (json!({ "idle_timeout": 600.5 }), 400, "unexpected_body"),
        (json!({ "idle_timeout": 1e300 }), 400, "unexpected_body"),
        (json!({ "idle_timeout": "600" }), 400, "unexpected_body"),
        (json!({ "absolute_timeout": 34_560_001 }), 400, "unexpected_body"),
        (json!({ "authenticated_at": -1 }), 400, "unexpected_body"),
        (json!({ "client": { "ip": "localhost" } }), 400, "unexpected_body"),
        (json!({ "client": { "device": "phone" } }), 400, "unexpected_body"),
        (json!({ "authenticated_at": hour }), 422, "unfit_time"),
        (json!({ "claims": { "name": "x".repeat(4_000) } }), 422, "unfit_claims"),
        (json!({ "claims": { "name": "x".repeat(17 * 1024) } }), 413, "body_too_large"),
    ] {
        let refused = back_end.start("alice", body.clone()).await.expect_status(status);
        assert_eq!(refused.json()["code"], code, "{body}");
    }
    let lossy = back_end.request(Method::POST, ALICES).header("Content-Type", "application/json");
    let lossy = back_end.send(lossy.body("{\"claims\":{\"a\":1,\"a\":2}}")).await.expect_status(422);
    assert_eq!(lossy.json()["code"], "lossy_data");
    assert_eq!(
        back_end.send(back_end.request(Method::POST, ALICES)).await.expect_status(415).json()["code"],
        "media_type"
    );
    for subject in ["%00", "%FF", &"x".repeat(256)] {
        back_end.start(subject, json!({})).await.expect_status(404);
    }
    assert_eq!(back_end.get(ALICES).await.json(), json!({ "sessions": [] }));
    let nulls =
        json!({ "idle_timeout": null, "absolute_timeout": null, "authenticated_at": null, "client": null });
    let started = back_end.start("alice", nulls).await.expect_status(201);
    assert_eq!(started.json()["session"]["idle_expires_at"], START.as_secs() + IDLE.as_secs());
}

/// R29, R78, also by parallel repetitions, of which only one counts.
async fn a_started_session_counts_among_those_of_its_subject(mut fleet: Fleet) {
    let server = fleet.add_server_that(|app| app.max_sessions_per_subject(3.try_into().unwrap())).await;
    let at = fleet.servers.iter().position(|other| other.address == server).unwrap();
    let back_end = BackEnd::of(&fleet, at).await;
    let mut first = Vec::new();
    for _ in 0..2 {
        first.push(id_of(&back_end.start("alice", json!({})).await.expect_status(201)));
        fleet.advance(Duration::from_secs(1));
    }
    join_all((0..6).map(|_| back_end.start_with("one", json!({})))).await;
    let listed = async || {
        let list = back_end.get(ALICES).await.json();
        let sessions = list["sessions"].as_array().unwrap().clone();
        sessions.iter().map(|session| session["session_id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let before = listed().await;
    assert_eq!((before.len(), &before[2], &before[1]), (3, &first[0], &first[1]), "none had to go");
    fleet.advance(Duration::from_secs(1));
    back_end.start_with("two", json!({})).await.expect_status(201);
    let after = listed().await;
    assert_eq!((after.len(), after.contains(&first[0])), (3, false), "the oldest went");
}

/// Whatever a store in trouble leaves undecided is told as such, in the documented way.
#[tokio::test]
async fn a_store_in_trouble_is_told_to_the_back_end() {
    let mut fleet = Fleet::on_the_embedded_store().await;
    let store = std::sync::Arc::new(MoodyStore::over(fleet.servers[0].app.sessions().store().clone()));
    fleet.add_server(store.clone(), Limits::default()).await;
    let back_end = BackEnd::of(&fleet, fleet.servers.len() - 1).await;
    let id = id_of(&back_end.start("alice", json!({})).await.expect_status(201));
    let path = format!("/sessions/{id}");
    store.be(Mood::Down);
    let answers = [
        back_end.start("alice", json!({})).await,
        back_end.start_with("one", json!({})).await,
        back_end.get(ALICES).await,
        back_end.get(&path).await,
        back_end.delete(&path).await,
        back_end.change_claims(&id, json!({ "a": 1 })).await,
        back_end.delete(ALICES).await,
    ];
    for answer in answers {
        assert_eq!(answer.expect_status(503).json()["code"], "store_unavailable");
    }
    store.be(Mood::Contended);
    let contended = back_end.change_claims(&id, json!({ "a": 1 })).await.expect_status(409);
    assert_eq!(contended.json()["code"], "contended");
    store.be(Mood::Revoking);
    let revoked = back_end.start("alice", json!({})).await.expect_status(409);
    assert_eq!(revoked.json()["code"], "revoked_meanwhile");
    store.be(Mood::Well);
    back_end.start_with("one", json!({})).await.expect_status(201);
    assert_eq!(back_end.get(&path).await.expect_status(200).json()["claims"], json!({}));
}
