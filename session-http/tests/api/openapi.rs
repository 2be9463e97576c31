//! The API is what `openapi.json` says, no less and no more. Every answer of this whole suite is held
//! against the document; here is what makes it complete.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::num::NonZero;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::join_all;
use futures_util::stream;
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Frame;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use session_engine::store::{Freshness, Outcome};
use session_engine::{HashingLimits, Pace};
use session_http::{Limits, warp::site};
use tower::Service;

use crate::client::{Answer, Browser};
use crate::document::{self, DOCUMENT, METHODS, resolved};
use crate::fleet::{Fleet, LIMITS, PASSWORD, REAUTHENTICATE_WITHIN, START};
use crate::moody_store::{Mood, MoodyStore};

const NOBODYS_ID: &str = "AAAAAAAAAAAAAAAAAAAAAA";

const LOG_IN: (Method, &str) = (Method::POST, "/login");
const LOG_OUT: (Method, &str) = (Method::POST, "/logout");
const SHOW: (Method, &str) = (Method::GET, "/session");
const RENEW: (Method, &str) = (Method::POST, "/session/renew");
const REAUTHENTICATE: (Method, &str) = (Method::POST, "/session/reauthenticate");
const SHOW_DATA: (Method, &str) = (Method::GET, "/session/data");
const REPLACE: (Method, &str) = (Method::PUT, "/session/data");
const MERGE: (Method, &str) = (Method::PATCH, "/session/data");
const LIST: (Method, &str) = (Method::GET, "/sessions");
const END_ALL: (Method, &str) = (Method::DELETE, "/sessions");
const END_ONE: (Method, &str) = (Method::DELETE, "/sessions/AAAAAAAAAAAAAAAAAAAAAA");

const KEYS: &str = "/.well-known/jwks.json";
const FEED: &str = "/.well-known/session-revocations";

/// What is asked for like the reading of the same, and answered without its body.
const HEADS: [(Method, &str); 3] =
    [(Method::HEAD, "/session"), (Method::HEAD, "/session/data"), (Method::HEAD, "/sessions")];

const WITH_BODY: [(Method, &str); 4] = [LOG_IN, REAUTHENTICATE, REPLACE, MERGE];
const WITH_SESSION: [(Method, &str); 9] =
    [SHOW, RENEW, REAUTHENTICATE, SHOW_DATA, REPLACE, MERGE, LIST, END_ALL, END_ONE];
const CHANGES: [(Method, &str); 8] =
    [LOG_IN, LOG_OUT, RENEW, REAUTHENTICATE, REPLACE, MERGE, END_ALL, END_ONE];

/// R74: by its methods, `HEAD` and `OPTIONS` among them, and with `Allow` for any other.
#[tokio::test]
async fn every_documented_operation_is_served_and_no_other() {
    let fleet = Fleet::on_the_embedded_store().await;
    let mut browser = fleet.browser();
    for template in DOCUMENT["paths"].as_object().unwrap().keys() {
        let path = template.replace("{session_id}", NOBODYS_ID);
        let (found, item) = document::path_item(&path).unwrap();
        assert_eq!(found, template);
        let is_known = |method: &Method| {
            item.get(method.as_str().to_ascii_lowercase()).is_some()
                || document::is_of_the_page(method, template)
        };
        for method in METHODS {
            let answer = browser.send(browser.request(method.clone(), &path)).await;
            let served = !matches!(answer.status, 404 | 405);
            assert_eq!(served, is_known(&method), "{method} {path}: {answer:?}");
            if answer.status == 405 {
                let mut allowed: Vec<_> = answer.header("allow").split(", ").collect();
                let known = METHODS.iter().filter(|method| is_known(method));
                let mut known: Vec<_> = known.map(Method::as_str).collect();
                allowed.sort_unstable();
                known.sort_unstable();
                assert_eq!(allowed, known, "{method} {path}: {answer:?}");
            }
        }
    }
    let served = browser.get("/openapi.json").await.json();
    assert_eq!(served, *DOCUMENT);
}

/// R74, R80. Every status of every operation, and every code of a problem, is met at least once, none of it by
/// looking at the sources: what a client must be ready for is exactly what the document says.
#[tokio::test]
async fn every_documented_answer_can_be_met() {
    let mut walk = Walk::begin().await;
    walk.through_what_goes_well().await;
    walk.through_refusals().await;
    walk.through_renewed_sessions().await;
    walk.through_preconditions().await;
    walk.through_cookies_that_cannot_be_judged().await;
    walk.through_haste().await;
    walk.through_too_many_attempts().await;
    walk.through_bodies_that_fail_on_the_way().await;
    walk.through_a_session_that_cannot_be_stated().await;
    walk.through_moods_of_the_store().await;
    walk.through_a_full_queue().await;
    walk.through_the_end_of_time().await;
    walk.through_the_end_of_the_server().await;

    let promised = promises();
    let missing: Vec<_> = promised.difference(&walk.met).collect();
    assert!(missing.is_empty(), "documented, and never met: {missing:?}");
    let codes =
        DOCUMENT["components"]["schemas"]["Problem"]["properties"]["code"]["enum"].as_array().unwrap();
    let met: BTreeSet<&str> = walk.met.iter().map(|(_, _, code)| code.as_str()).collect();
    for code in codes {
        assert!(met.contains(code.as_str().unwrap()), "documented, and never met: {code}");
    }
}

/// An operation, a status, and the code of the problem, if it is one.
type Promise = (String, u16, String);

fn promises() -> BTreeSet<Promise> {
    let mut promises = BTreeSet::new();
    for (path, item) in DOCUMENT["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            for (status, response) in operation["responses"].as_object().unwrap() {
                let problem = &resolved(response)["content"]["application/problem+json"]["schema"];
                let codes = problem.pointer("/allOf/1/properties/code/enum").and_then(Value::as_array);
                let codes: Vec<_> =
                    codes.map_or(vec![""], |codes| codes.iter().map(|code| code.as_str().unwrap()).collect());
                let operation = format!("{} {path}", method.to_ascii_uppercase());
                let promise = |code: &str| (operation.clone(), status.parse().unwrap(), code.to_owned());
                promises.extend(codes.into_iter().map(promise));
            }
        }
    }
    promises
}

/// A walk through the API that notes what it met.
struct Walk {
    fleet: Fleet,
    store: Arc<MoodyStore>,
    met: BTreeSet<Promise>,
}

impl Walk {
    async fn begin() -> Self {
        let mut fleet = Fleet::on_the_embedded_store().await;
        let store = Arc::new(MoodyStore::over(fleet.servers[0].app.sessions().store().clone()));
        let hashing = HashingLimits { threads: NonZero::<usize>::MIN, queue: 1 };
        // Its end is looked at while it still answers.
        let limits = Limits { drain_delay: Duration::from_secs(60), ..Limits::default() };
        fleet.add_server_that_hashes(store.clone(), limits, hashing).await;
        // The one that the fleet's browsers go to.
        let last = fleet.servers.len() - 1;
        fleet.servers.swap(0, last);
        Self { fleet, store, met: BTreeSet::new() }
    }

    async fn send(&mut self, browser: &mut Browser, request: RequestBuilder) -> Answer {
        let sent = request.try_clone().unwrap().build().unwrap();
        let answer = browser.send(request).await;
        self.note(sent.method(), sent.url().path(), &answer);
        answer
    }

    fn note(&mut self, method: &Method, path: &str, answer: &Answer) {
        let path = document::path_item(path).map_or(path, |(template, _)| template);
        let problem = serde_json::from_str::<Value>(&answer.text).ok().filter(|_| answer.status >= 400);
        let code = problem.as_ref().and_then(|problem| problem["code"].as_str()).unwrap_or_default();
        self.met.insert((format!("{method} {path}"), answer.status, code.to_owned()));
    }

    /// A request that would succeed, with a session.
    async fn ask(&mut self, browser: &mut Browser, (method, path): (Method, &str)) -> Answer {
        let request = good(browser, method, path);
        self.send(browser, request).await
    }

    async fn through_what_goes_well(&mut self) {
        let mut browser = self.fleet.browser();
        for operation in [LOG_IN, SHOW, REPLACE, MERGE, SHOW_DATA, RENEW, REAUTHENTICATE, LIST] {
            self.ask(&mut browser, operation).await.expect_status(200);
        }
        for operation in HEADS {
            let answer = self.ask(&mut browser, operation).await.expect_status(200);
            assert!(answer.header("content-length").parse::<usize>().unwrap() > 0, "{answer:?}");
        }
        for template in DOCUMENT["paths"].as_object().unwrap().keys() {
            let path = template.replace("{session_id}", NOBODYS_ID);
            self.ask(&mut browser, (Method::OPTIONS, &path)).await.expect_status(204);
        }
        self.ask(&mut browser, LOG_OUT).await.expect_status(204);
        let form = |browser: &Browser, path: &str, body: String| {
            let request = browser.request(Method::POST, path).body(body);
            request.header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        };
        let login = form(&browser, "/login", format!("username=alice&password={PASSWORD}"));
        self.send(&mut browser, login).await.expect_status(303);
        let logout = form(&browser, "/logout", String::new());
        self.send(&mut browser, logout).await.expect_status(303);

        let mut browser = self.fleet.alice().await;
        let id = browser.get("/session").await.json()["session_id"].as_str().unwrap().to_owned();
        self.ask(&mut browser, (Method::DELETE, &format!("/sessions/{id}"))).await.expect_status(204);
        let mut browser = self.fleet.alice().await;
        self.ask(&mut browser, END_ALL).await.expect_status(204);

        for (path, status) in
            [(KEYS, 200), (FEED, 200), ("/openapi.json", 200), ("/livez", 204), ("/readyz", 204)]
        {
            for method in [Method::GET, Method::HEAD] {
                self.ask(&mut browser, (method, path)).await.expect_status(status);
            }
        }
        for method in [Method::GET, Method::HEAD] {
            let known = browser.request(method, FEED).header("If-None-Match", "*");
            self.send(&mut browser, known).await.expect_status(304);
        }
    }

    async fn through_refusals(&mut self) {
        let mut stranger = self.fleet.browser();
        for operation in WITH_SESSION {
            self.ask(&mut stranger, operation).await.expect_no_session("absent");
        }
        for operation in HEADS {
            self.ask(&mut stranger, operation).await.expect_status(401);
        }
        self.ask(&mut stranger, (Method::GET, "/nothing")).await.expect_status(404);
        self.ask(&mut stranger, (Method::DELETE, "/login")).await.expect_status(405);

        let mut browser = self.fleet.alice().await;
        for (method, path) in CHANGES {
            let request = good(&browser, method, path).header("Sec-Fetch-Site", "cross-site");
            self.send(&mut browser, request).await.expect_status(403);
        }
        for (method, path) in WITH_BODY {
            let wrong = browser.request(method.clone(), path).json(&json!(["a list"]));
            self.send(&mut browser, wrong).await.expect_status(400);
            let huge = browser.request(method.clone(), path).json(&json!({ "a": "x".repeat(17 * 1024) }));
            self.send(&mut browser, huge).await.expect_status(413);
            let text = browser.request(method, path).header(CONTENT_TYPE, "text/plain").body("{}");
            self.send(&mut browser, text).await.expect_status(415);
        }
        for (method, path) in [REPLACE, MERGE] {
            let twice = browser.request(method.clone(), path).header(CONTENT_TYPE, "application/json");
            let twice = twice.body("{\"a\":1,\"a\":2}");
            self.send(&mut browser, twice).await.expect_status(422);
            let stale = good(&browser, method, path).header("If-Match", "\"77\"");
            self.send(&mut browser, stale).await.expect_status(412);
        }
        self.ask(&mut browser, END_ONE).await.expect_status(404);
        let mut long_ago = self.fleet.alice().await;
        self.fleet.advance(REAUTHENTICATE_WITHIN + Duration::from_secs(1));
        for operation in [END_ONE, END_ALL] {
            self.ask(&mut long_ago, operation).await.expect_status(403);
        }
        self.ask(&mut browser, (Method::DELETE, "/sessions/no-id")).await.expect_status(404);
        self.ask(&mut browser, (Method::DELETE, "/sessions?keep=all")).await.expect_status(400);
    }

    async fn through_renewed_sessions(&mut self) {
        let mut browser = self.fleet.alice().await;
        let mut old = browser.clone();
        browser.post("/session/renew", json!({})).await.expect_status(200);
        for operation in WITH_SESSION.into_iter().chain(HEADS).chain([LOG_OUT]) {
            self.ask(&mut old, operation).await.expect_status(409);
        }
    }

    async fn through_preconditions(&mut self) {
        let mut browser = self.fleet.alice().await;
        for method in [Method::GET, Method::HEAD] {
            let known = browser.request(method, "/session/data").header("If-None-Match", "*");
            self.send(&mut browser, known).await.expect_status(304);
        }
        for (method, path) in [REPLACE, MERGE] {
            let request = good(&browser, method, path).header("If-None-Match", "*");
            self.send(&mut browser, request).await.expect_status(412);
        }
    }

    async fn through_cookies_that_cannot_be_judged(&mut self) {
        let (one, other) = (self.fleet.alice().await, self.fleet.alice().await);
        let mut browser = self.fleet.browser();
        let both = format!("__Host-session={}; __Host-session={}", one.cookie(), other.cookie());
        let elsewhere = format!("__Host-session={}", one.cookie().replacen(".c1.", ".c9.", 1));
        for (cookie, status, code) in [(both, 409, "ambiguous"), (elsewhere, 503, "unknown_key")] {
            let request = browser.request(Method::POST, "/logout").header("Cookie", cookie);
            let answer = self.send(&mut browser, request).await.expect_status(status);
            assert_eq!(answer.json()["code"], code);
        }
        for mut browser in [one, other] {
            browser.get("/session").await.expect_status(200);
        }
    }

    async fn through_haste(&mut self) {
        let pace = Pace { burst: 1, interval: Duration::from_secs(3600) };
        let address = self
            .fleet
            .add_server_that(|app| app.change_pace(pace).renewal_pace(pace).device_pace(pace))
            .await;
        let [_, _, head_of_list] = HEADS;
        for (first, second) in [
            (REPLACE, REPLACE),
            (MERGE, MERGE),
            (RENEW, RENEW),
            (LIST, LIST),
            (LIST, head_of_list),
            (LIST, END_ONE),
            (LIST, END_ALL),
        ] {
            let mut browser = self.fleet.alice().await.led_to(address);
            // Whoever renews has a share with all of hers.
            self.ask(&mut browser, first).await;
            self.ask(&mut browser, second).await.expect_status(429);
        }
    }

    async fn through_too_many_attempts(&mut self) {
        let mut browser = self.fleet.browser();
        browser.log_in("bob", PASSWORD).await.expect_status(200);
        let wrong = |browser: &Browser, path: &str| {
            let username = (path == "/login").then_some("bob");
            let body = username.map_or(
                json!({ "password": "wrong" }),
                |name| json!({ "username": name, "password": "wrong" }),
            );
            browser.request(Method::POST, path).json(&body)
        };
        for (_, path) in [LOG_IN, REAUTHENTICATE] {
            for attempt in 0..=LIMITS.per_account {
                let status = if attempt == LIMITS.per_account { 429 } else { 401 };
                let request = wrong(&browser, path);
                self.send(&mut browser, request).await.expect_status(status);
            }
        }
    }

    /// The broken and the endless body are handed to the routes without a connection under them, so
    /// that the clock can be stopped: it then jumps to the deadline by itself.
    async fn through_bodies_that_fail_on_the_way(&mut self) {
        for (method, path) in WITH_BODY {
            let broken = stream::iter([Err::<Frame<Bytes>, _>("broken")]);
            let answer = self.hand_over(&method, path, StreamBody::new(broken)).await;
            assert_eq!(answer.expect_status(400).json()["code"], "body_broken");
            tokio::time::pause();
            let endless = stream::pending::<Result<Frame<Bytes>, Infallible>>();
            self.hand_over(&method, path, StreamBody::new(endless)).await.expect_status(408);
            tokio::time::resume();
        }
    }

    async fn hand_over<B>(&mut self, method: &Method, path: &str, body: B) -> Answer
    where
        B: hyper::body::Body<Data = Bytes> + Send + Sync + 'static,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let request = hyper::Request::builder().method(method.clone()).uri(path).body(body).unwrap();
        let routes = site(&self.fleet.servers[0].app);
        let response = warp::service(routes).call(request).await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        let answer = Answer { status, headers, text: String::from_utf8(bytes.to_vec()).unwrap() };
        document::hold(&self.fleet.browser().request(method.clone(), path).build().unwrap(), &answer);
        self.note(method, path, &answer);
        answer
    }

    /// Claims are the application's, and here there are too many for a statement.
    async fn through_a_session_that_cannot_be_stated(&mut self) {
        for operation in [SHOW, RENEW, REAUTHENTICATE] {
            let mut browser = self.with_long_claims(5_000).await;
            let answer = self.ask(&mut browser, operation).await.expect_status(503);
            assert_eq!(answer.json()["code"], "unable");
        }
        for operation in [REPLACE, MERGE] {
            let mut browser = self.with_long_claims(60_000).await;
            let request = browser.request(operation.0, operation.1).json(&json!({ "a": "x".repeat(8_000) }));
            self.send(&mut browser, request).await.expect_status(413);
        }
    }

    /// A session in the store that this server would not have begun.
    async fn with_long_claims(&self, length: usize) -> Browser {
        let browser = self.fleet.alice().await;
        let id = browser.cookie().split('.').nth(2).unwrap().parse().unwrap();
        let store = self.fleet.servers[0].app.sessions().store();
        let stored = store.load(id, Freshness::Confirmed, None).await.unwrap().unwrap().document;
        let mut record: Value = serde_json::from_slice(&stored).unwrap();
        record["claims"]["roles"] = Value::from("x".repeat(length));
        let changed = store.update(id, &stored, record.to_string().as_bytes()).await;
        assert_eq!(changed, Ok(Outcome::Done));
        browser
    }

    async fn through_moods_of_the_store(&mut self) {
        let mut browser = self.fleet.alice().await;
        let cookie = browser.cookie.clone();
        self.store.be(Mood::Down);
        // The feed is asked for once in a second.
        self.fleet.advance(Duration::from_secs(1));
        let looks = ["/readyz", FEED].map(|path| [(Method::GET, path), (Method::HEAD, path)]);
        let changes = WITH_SESSION.into_iter().chain([LOG_IN, LOG_OUT]);
        for operation in changes.chain(HEADS).chain(looks.into_iter().flatten()) {
            self.ask(&mut browser, operation).await.expect_status(503);
        }
        self.store.be(Mood::Contended);
        for operation in [REPLACE, MERGE, RENEW, REAUTHENTICATE] {
            let answer = self.ask(&mut browser, operation).await.expect_status(409);
            assert_eq!(answer.json()["code"], "contended");
        }
        self.store.be(Mood::Revoking);
        for operation in [LOG_IN, RENEW, REAUTHENTICATE] {
            let answer = self.ask(&mut browser, operation).await.expect_status(409);
            assert_eq!(answer.json()["code"], "revoked_meanwhile");
        }
        self.store.be(Mood::Refusing);
        for method in [Method::GET, Method::HEAD] {
            self.ask(&mut browser, (method, "/readyz")).await.expect_status(200);
        }
        self.store.be(Mood::Well);
        assert_eq!(browser.cookie, cookie, "none of it touches the cookie");
        self.ask(&mut browser, SHOW).await.expect_status(200);
    }

    /// One password is being hashed and one waits; of a handful at once, others are told to come again.
    async fn through_a_full_queue(&mut self) {
        for (method, path) in [LOG_IN, REAUTHENTICATE] {
            let browser = self.fleet.alice().await;
            let ask = |mut browser: Browser| {
                let request = good(&browser, method.clone(), path);
                async move { browser.send(request).await }
            };
            let answers = join_all((0..LIMITS.per_account).map(|_| ask(browser.clone()))).await;
            answers.iter().for_each(|answer| self.note(&method, path, answer));
        }
    }

    /// No session that begins then could end later.
    async fn through_the_end_of_time(&mut self) {
        let fleet = Fleet::on_the_embedded_store().await;
        fleet.advance(Duration::from_secs(u64::MAX - START.as_secs()));
        let answer = self.ask(&mut fleet.browser(), LOG_IN).await.expect_status(503);
        assert_eq!(answer.json()["code"], "unable");
    }

    async fn through_the_end_of_the_server(&mut self) {
        let mut browser = self.fleet.alice().await;
        std::fs::write(self.fleet.directory.path().join("users"), "garbage").unwrap();
        // One that has never seen a good file.
        let address = self.fleet.add_server_that(|app| app).await;
        let mut there = browser.led_to(address);
        for operation in [LOG_IN, REAUTHENTICATE] {
            let answer = self.ask(&mut there, operation).await.expect_status(503);
            assert_eq!(answer.json()["code"], "users_unavailable");
        }
        self.fleet.servers[0].app.lifecycle().stop();
        for method in [Method::GET, Method::HEAD] {
            self.ask(&mut browser, (method, "/readyz")).await.expect_status(503);
        }
    }
}

fn good(browser: &Browser, method: Method, path: &str) -> RequestBuilder {
    let reads = method == Method::GET;
    let request = browser.request(method, path);
    match path {
        "/login" => request.json(&json!({ "username": "alice", "password": PASSWORD })),
        "/session/reauthenticate" => request.json(&json!({ "password": PASSWORD })),
        "/session/data" if !reads => request.json(&json!({ "cart": [1, 2] })),
        _ => request,
    }
}
