//! The page in an application, with its settings and without.

use axum::Router;
use axum::routing::get;
use reqwest::Method;
use session_http::tower::Routes;
use session_http::{App, Limits, PageSettings};

use crate::browser::{Answer, Browser};
use crate::on_both;
use crate::site::{Site, app, served};

on_both!(an_application_has_the_page_and_gives_it_its_name);

async fn go(browser: &mut Browser, path: &str) -> Answer {
    let request = browser.request(Method::GET, path).header("Accept", "text/html");
    browser.send(request.header("Sec-Fetch-Dest", "document")).await
}

async fn an_application_has_the_page_and_gives_it_its_name(site: Site) {
    let page = go(&mut site.stranger(), "/login").await.expect(200);
    assert!(page.text.contains("<span>Session</span>"), "{page:?}");
    let settings = PageSettings::new().name("Todos").unwrap().accent("#1d4ed8").unwrap();
    let named = site.serve(|app| app.page(settings), Limits::default()).await;
    let mut browser = site.stranger().led_to(named);
    let page = go(&mut browser, "/login").await.expect(200);
    assert!(page.text.contains("<span>Todos</span>"), "{page:?}");
    go(&mut browser, "/brand/colours.css").await.expect(200);
}

#[tokio::test]
async fn who_is_lost_where_ours_are_the_last_routes_is_shown_the_page() {
    let directory = tempfile::tempdir().unwrap();
    let app: App = app(&directory);
    let own = Router::new().route("/own", get(async || "own")).fallback_service(Routes::new(&app));
    let mut browser = Browser::at(served(&app, own, Limits::default()).await);
    assert_eq!(browser.get("/own").await.expect(200).text, "own");
    let lost = go(&mut browser, "/nothing").await.expect(404);
    assert_eq!(lost.header("content-type"), "text/html; charset=utf-8");
    assert!(lost.text.contains("Page not found"), "{lost:?}");
    browser.get("/nothing").await.expect_problem(404, "not_found");
}
