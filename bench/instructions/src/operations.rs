//! The operations that are counted.

use std::hint::black_box;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::COOKIE;
use http_body_util::Empty;
use session_core::{
    AuthenticCookie, CookieKeyRing, CookieName, JsonObject, RevocationFeed, StatementClaims, TestKeys,
    UnixTime,
};
use session_engine::{Activity, DataChange, Keys, NewSession, Pace, Sessions, Subject, SystemClock};
use session_http::App;
use session_http::tower::Routes;
use tokio::runtime::{Builder, Runtime};
use tower_service::Service;

use crate::map_store::MapStore;

const NOW: UnixTime = UnixTime::from_secs(1_800_000_000);
const ISSUER: &str = "https://app.example";

type Operation = (&'static str, Box<dyn FnMut()>);

/// The same in every run: how long a signature takes to verify goes by its digits.
fn keys() -> TestKeys {
    TestKeys::new(b"instructions").unwrap()
}

pub(crate) fn all() -> Vec<Operation> {
    let runtime = Rc::new(Builder::new_current_thread().enable_all().build().unwrap());
    let operations = [cookies(), statements(), checks(&runtime), requests(&runtime)];
    operations.into_iter().flatten().collect()
}

fn cookies() -> Vec<Operation> {
    let test_keys = keys();
    let keys = Rc::new(test_keys.ring().cookie_keys(CookieName::default()));
    let (id, secret) = test_keys.session(0);
    let end = UnixTime::from_secs(NOW.as_secs() + 43_200);
    let value = keys.sign(id, &secret, NOW, end).unwrap().expose().to_owned();
    let header = header_of(&value);
    let forged = header_of(&format!("{}{}", &value[..value.len() - 10], "A".repeat(10)));
    let verify = |keys: &Rc<CookieKeyRing>, header: String, is_good: bool| {
        let keys = Rc::clone(keys);
        move || {
            let verdict = keys.verify_header([header.as_bytes()], NOW);
            assert_eq!(black_box(verdict).is_ok(), is_good);
        }
    };
    vec![
        ("cookie: good, in a header of 1 kB", Box::new(verify(&keys, header, true))),
        ("cookie: forged, in a header of 1 kB", Box::new(verify(&keys, forged, false))),
        ("cookie: made", Box::new(move || drop(black_box(keys.sign(id, &secret, NOW, end).unwrap())))),
    ]
}

/// The session cookie behind many others.
fn header_of(value: &str) -> String {
    let others: String = (0..48).map(|number| format!("name{number}=value-{number}; ")).collect();
    format!("{others}__Host-session={value}")
}

fn statements() -> Vec<Operation> {
    let test_keys = keys();
    let (signer, keys) = (test_keys.ring().statement_signer(), Rc::new(test_keys.ring().statement_keys()));
    let claims = StatementClaims {
        issuer: ISSUER.into(),
        subject: "alice".into(),
        session_id: test_keys.session(0).0,
        issued_at: NOW,
        expires_at: UnixTime::from_secs(NOW.as_secs() + 300),
        authenticated_at: NOW,
        idle_expires_at: UnixTime::from_secs(NOW.as_secs() + 1_800),
        absolute_expires_at: UnixTime::from_secs(NOW.as_secs() + 43_200),
        claims: JsonObject::default(),
    };
    let statement = signer.sign(&claims).unwrap();
    let revoked = (1..=1_000).map(|number| test_keys.session(number).0);
    let feed = signer.sign_revocations(&RevocationFeed::new(ISSUER.into(), revoked, NOW)).unwrap();
    let for_feed = Rc::clone(&keys);
    vec![
        ("statement: made", Box::new(move || drop(black_box(signer.sign(&claims).unwrap())))),
        (
            "statement: verified",
            Box::new(move || drop(black_box(keys.verify(statement.as_str(), ISSUER, NOW).unwrap()))),
        ),
        (
            "feed: verified, of 1,000 sessions",
            Box::new(move || drop(black_box(for_feed.verify_revocations(&feed, ISSUER, NOW).unwrap()))),
        ),
    ]
}

/// Somebody who is signed in, with a near cache or without.
fn signed_in(runtime: &Runtime, has_near_cache: bool) -> (App, String) {
    let keys = Keys::new(keys().ring(), CookieName::default());
    let store = Arc::new(MapStore::new(Arc::new(SystemClock)));
    let mut app = App::builder(keys, store).change_pace(Pace { burst: u32::MAX, interval: Duration::ZERO });
    if !has_near_cache {
        app = app.near_cache(None);
    }
    let app = app.build().unwrap();
    let new = NewSession::of(Subject::new("alice").unwrap());
    let issued = runtime.block_on(app.sessions().start(new, None)).unwrap();
    let header = format!("__Host-session={}", issued.cookie.expose());
    (app, header)
}

fn cookie_of(sessions: &Sessions, header: &str) -> AuthenticCookie {
    sessions.authenticate([header.as_bytes()]).unwrap()
}

fn checks(runtime: &Rc<Runtime>) -> Vec<Operation> {
    let check = |has_near_cache| {
        let runtime = Rc::clone(runtime);
        let (app, header) = signed_in(&runtime, has_near_cache);
        move || {
            let cookie = cookie_of(app.sessions(), &header);
            let live = runtime.block_on(app.sessions().resume(&cookie, Activity::Active));
            drop(black_box(live.unwrap()));
        }
    };
    let state = {
        let (app, header) = signed_in(runtime, true);
        let cookie = cookie_of(app.sessions(), &header);
        let live = runtime.block_on(app.sessions().resume(&cookie, Activity::Active)).unwrap();
        move || drop(black_box(app.sessions().state(&live).unwrap()))
    };
    let change = {
        let (app, header) = signed_in(runtime, true);
        let (cookie, runtime) = (cookie_of(app.sessions(), &header), Rc::clone(runtime));
        let mut number = 0;
        move || {
            number += 1;
            let change =
                DataChange::Merge(serde_json::from_str(&format!("{{\"number\":{number}}}")).unwrap());
            let changed = app.sessions().change_data::<Subject>(&cookie, Activity::Passive, None, change);
            drop(black_box(runtime.block_on(changed).unwrap()));
        }
    };
    vec![
        ("check: near", Box::new(check(true))),
        ("check: asked of a store in memory", Box::new(check(false))),
        ("statement: again", Box::new(state)),
        ("data: one member changed", Box::new(change)),
    ]
}

fn requests(runtime: &Rc<Runtime>) -> Vec<Operation> {
    let get = |path: &'static str, has_cookie: bool, status: u16| {
        let runtime = Rc::clone(runtime);
        let (app, header) = signed_in(&runtime, true);
        let mut routes = Routes::new(&app);
        move || {
            let mut request = http::Request::get(path);
            if has_cookie {
                request = request.header(COOKIE, header.as_str());
            }
            let answer = routes.call(request.body(Empty::<Bytes>::new()).unwrap());
            assert_eq!(black_box(runtime.block_on(answer).unwrap()).status().as_u16(), status);
        }
    };
    vec![
        ("GET /session: near", Box::new(get("/session", true, 200))),
        ("GET /session: without a cookie", Box::new(get("/session", false, 401))),
        ("GET /nothing: not found", Box::new(get("/nothing", false, 404))),
    ]
}
