//! What an application answers itself stays as it is.

use std::convert::Infallible;
use std::net::SocketAddr;

use axum::Router;
use axum::routing::{get, post};
use http::StatusCode;
use reqwest::Method;
use serde_json::json;
use session_engine::{NewSession, Subject};
use session_http::tower::{Routes, SessionLayer};
use session_http::warp::{recover, routes, session, visitor, with};
use session_http::{App, Limits, Problem, SecurityHeaders, Session, SessionAnswer, Visitor};
use tokio::net::TcpListener;
use warp::reject::{MethodNotAllowed, Reject};
use warp::reply::Response;
use warp::{Filter, Rejection, Reply, filters::BoxedFilter};

use crate::browser::{Answer, Browser};
use crate::site::{app, served};

async fn sign_in(visitor: Visitor) -> Result<SessionAnswer, Problem> {
    visitor.sign_in(NewSession::of(Subject::new("erin").expect("a subject"))).await
}

/// With headers that this application has reasons for.
fn page() -> http::Response<&'static str> {
    let answer = http::Response::builder()
        .header("content-type", "text/html")
        .header("vary", "Accept-Language")
        .header("content-security-policy", "default-src https:")
        .header("strict-transport-security", "max-age=1; includeSubDomains");
    answer.body("<p>hello").expect("an answer")
}

fn on_warp(app: &App) -> BoxedFilter<(Response,)> {
    #[derive(Debug)]
    struct OutOfMilk;
    impl Reject for OutOfMilk {}
    let no_milk = async || Err::<&str, Rejection>(OutOfMilk.into());
    let own_recover = async |rejection: Rejection| {
        let (status, text) = match () {
            () if rejection.find::<OutOfMilk>().is_some() => (StatusCode::GONE, "no milk today"),
            () if rejection.find::<MethodNotAllowed>().is_some() => {
                (StatusCode::METHOD_NOT_ALLOWED, "only GET")
            }
            () => (StatusCode::NOT_FOUND, "no such shelf"),
        };
        Ok::<_, Infallible>(warp::reply::with_status(text, status).into_response())
    };
    let own = (warp::path!("milk").and(warp::get()).and_then(no_milk))
        .or(warp::path!("page").map(page))
        .or(warp::path!("plain").map(|| "plain"))
        .or(warp::path!("members").and(session(app)).map(|session: Session| session.subject().to_string()))
        .or(warp::path!("sign-in").and(warp::post()).and(visitor(app)).then(sign_in));
    let all = own.map(with(SecurityHeaders::all().without_hsts())).or(routes(app)).unify();
    let all = all.recover(recover).unify().recover(own_recover).unify();
    all.boxed()
}

fn on_axum(app: &App) -> Router {
    Router::new()
        .route("/milk", get(async || (StatusCode::GONE, "no milk today")))
        .route("/page", get(async || page().map(String::from)))
        .route("/plain", get(async || "plain"))
        .route("/members", get(async |session: Session| session.subject().to_string()))
        .route("/sign-in", post(sign_in))
        .method_not_allowed_fallback(async || (StatusCode::METHOD_NOT_ALLOWED, "only GET"))
        .fallback(async || (StatusCode::NOT_FOUND, "no such shelf"))
        .layer(SessionLayer::new(app))
        .layer(SecurityHeaders::all().without_hsts())
}

#[tokio::test]
async fn a_warp_applications_rejections_and_headers_are_its_own() {
    let directory = tempfile::tempdir().unwrap();
    let app = app(&directory);
    tell(served(&app, warp::service(on_warp(&app)), Limits::default()).await).await;
}

#[tokio::test]
async fn an_axum_applications_fallbacks_and_headers_are_its_own() {
    let directory = tempfile::tempdir().unwrap();
    let app = app(&directory);
    tell(served(&app, Routes::new(&app).or(on_axum(&app)), Limits::default()).await).await;
}

async fn tell(address: SocketAddr) {
    let mut browser = Browser::at(address);
    let is = |answer: Answer, status, text| assert_eq!((answer.status, &*answer.text), (status, text));
    is(browser.get("/milk").await, 410, "no milk today");
    is(browser.get("/nothing").await, 404, "no such shelf");
    is(browser.delete("/milk").await, 405, "only GET");
    // Ours are ours.
    browser.get("/livez").await.expect(204).header("strict-transport-security");
    browser.delete("/livez").await.expect_problem(405, "method_not_allowed");
    browser.get("/members").await.expect_problem(401, "no_session");
    let signed_in = browser.post("/sign-in", &json!({})).await.expect(200);
    assert_eq!(signed_in.given(), ["session", "statement"]);
    is(browser.get("/members").await, 200, "erin");

    let page = browser.get("/page").await.expect(200);
    assert_eq!(page.all("vary"), ["Accept-Language", "Cookie"]);
    assert_eq!(page.all("content-security-policy"), ["default-src https:"]);
    assert_eq!(page.all("strict-transport-security"), ["max-age=1; includeSubDomains"]);
    for answer in [signed_in, browser.get("/plain").await.expect(200)] {
        assert_eq!((answer.header("cache-control"), answer.header("vary")), ("no-store", "Cookie"));
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert!(answer.all("strict-transport-security").is_empty(), "it was not asked for");
    }
}

#[tokio::test]
async fn cookies_go_with_whatever_an_application_answers() {
    let directory = tempfile::tempdir().unwrap();
    let app = app(&directory);
    let with_text = async |visitor: Visitor| Ok::<_, Problem>((sign_in(visitor).await?, "welcome"));
    let on_page =
        async |visitor: Visitor| Ok::<_, Problem>(sign_in(visitor).await?.on(page().map(String::from)));
    let router = Router::new().route("/text", post(with_text)).route("/page", post(on_page));
    let mut browser =
        Browser::at(served(&app, router.layer(SessionLayer::new(&app)), Limits::default()).await);
    let text = browser.post("/text", &json!({})).await.expect(200);
    assert_eq!((&*text.text, text.given()), ("welcome", vec!["session", "statement"]));
    assert_eq!(text.header("cache-control"), "no-store");
    let page = browser.post("/page", &json!({})).await.expect(200);
    assert_eq!((&*page.text, page.given()), ("<p>hello", vec!["session", "statement"]));
}

#[tokio::test]
async fn axums_own_accept_loop_tells_of_the_peer_too() {
    let directory = tempfile::tempdir().unwrap();
    let app = app(&directory);
    let router = Router::new().route("/sign-in", post(sign_in)).fallback_service(Routes::new(&app));
    let service = router.layer(SessionLayer::new(&app)).into_make_service_with_connect_info::<SocketAddr>();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut browser = Browser::at(listener.local_addr().unwrap());
    tokio::spawn(async { axum::serve(listener, service).await });
    browser.post("/sign-in", &json!({})).await.expect(200);
    assert_eq!(browser.get("/sessions").await.json()["sessions"][0]["client"]["ip"], "127.0.0.1");
    browser.get("/nothing").await.expect_problem(404, "not_found");
    browser.send(browser.request(Method::PATCH, "/sign-in")).await.expect(405);
}

#[tokio::test]
async fn a_route_without_the_layer_says_so_and_lets_nobody_in() {
    let directory = tempfile::tempdir().unwrap();
    let app = app(&directory);
    let router = Router::new().route("/members", get(async |_: Option<Session>| "let in"));
    let mut browser = Browser::at(served(&app, router, Limits::default()).await);
    browser.get("/members").await.expect_problem(500, "no_layer");
}
