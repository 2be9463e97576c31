//! The page, as the server gives it to each visitor.

use std::collections::BTreeMap;
use std::time::Duration;

use reqwest::Method;
use reqwest::header::{ACCEPT, ACCEPT_LANGUAGE, COOKIE};
use serde_json::{Value, json};
use session_core::SessionId;
use session_http::PageSettings;

use crate::client::{Answer, Browser};
use crate::fleet::{Fleet, IDLE, PASSWORD};
use crate::markup::{attributes, json_in, tags, value_of};
use crate::moody_store::{Mood, MoodyStore};
use crate::on_every_store;

on_every_store!(
    the_page_says_what_the_server_saw_so_that_no_script_has_to_ask,
    to_be_looked_at_extends_no_session,
    without_scripts_one_sees_the_session_and_signs_out,
    a_store_that_is_away_takes_no_page_with_it,
    each_visitor_reads_the_page_in_their_language,
    a_browser_that_is_lost_gets_a_page_and_a_program_what_it_always_got,
    a_service_shows_its_own_name_logo_colours_help_and_texts,
    beneath_a_prefix_everything_of_a_service_is_found,
    whatever_is_said_of_a_service_or_a_visitor_is_text,
    nothing_that_runs_stands_in_the_markup,
    two_good_cookies_go_with_the_page,
);

/// As `security_headers.rs` has it: a change of it is a decision.
const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
    img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; \
    frame-ancestors 'none'";

const BROWSERS_ACCEPT: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

const SVG: &str =
    "<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\"><script>alert(2)</script></svg>";

/// What would be markup, a mark or a value if it were looked at once more than once.
const HOSTILE: &str =
    "</script><script>alert(1)</script>\"'><b onclick=x>{{next}}{{{settings}}}{service}&lt;";

/// The same without what no text may have.
const HOSTILE_TEXT: &str = "</script><script>alert(1)</script>\"'><b onclick=x>{service}&lt;";

fn settings(page: &Answer) -> Value {
    json_in(&page.text, "page-settings")
}

fn is_marked_as_signed_in(page: &Answer) -> bool {
    tags(&page.text).iter().any(|tag| tag.starts_with("html ") && tag.contains("data-signed-in"))
}

/// As a browser asks that goes there.
async fn visit(browser: &mut Browser, path: &str) -> Answer {
    let request = browser.request(Method::GET, path).header("Sec-Fetch-Dest", "document");
    browser.send_undocumented(request.header(ACCEPT, BROWSERS_ACCEPT)).await
}

fn hold_to_one_visitor(page: &Answer) {
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert_eq!(page.header("cache-control"), "no-store, private");
    assert_eq!(page.header("vary"), "Cookie, Accept-Language");
    assert_eq!(page.header("content-security-policy"), POLICY);
}

/// R35, R36: for one visitor, kept by nobody, under the whole policy.
async fn the_page_says_what_the_server_saw_so_that_no_script_has_to_ask(fleet: Fleet) {
    let mut browser = fleet.browser();
    for path in ["/", "/login"] {
        let page = visit(&mut browser, path).await.expect_status(200);
        hold_to_one_visitor(&page);
        let expected =
            json!({ "service": "Session", "developer": false, "session": "absent", "reason": "absent" });
        assert_eq!(settings(&page), expected);
        assert!(!is_marked_as_signed_in(&page));
    }
    browser.log_in("alice", PASSWORD).await.expect_status(200);
    let page = visit(&mut browser, "/").await.expect_status(200);
    hold_to_one_visitor(&page);
    assert_eq!((&settings(&page)["session"], settings(&page).get("reason")), (&json!("present"), None));
    assert!(is_marked_as_signed_in(&page));
    assert_eq!(page.all_set_cookies(), Vec::<String>::new());
    // Who has to enter the password once more needs the form, also without scripts.
    let on_the_way = visit(&mut browser, "/login?next=/orders").await.expect_status(200);
    assert_eq!(
        (&settings(&on_the_way)["session"], is_marked_as_signed_in(&on_the_way)),
        (&json!("present"), false)
    );

    let mut elsewhere = browser.clone();
    elsewhere.log_out().await.expect_status(204);
    let page = visit(&mut browser, "/").await.expect_status(200);
    assert_eq!(
        (&settings(&page)["session"], &settings(&page)["reason"]),
        (&json!("absent"), &json!("ended"))
    );
    assert!(!is_marked_as_signed_in(&page));
}

async fn to_be_looked_at_extends_no_session(fleet: Fleet) {
    let mut browser = fleet.alice().await;
    let before = browser.poll("/session").await.expect_status(200).time("idle_expires_at");
    fleet.advance(IDLE / 2);
    let page = visit(&mut browser, "/").await.expect_status(200);
    assert_eq!(settings(&page)["session"], "present");
    assert_eq!(browser.poll("/session").await.expect_status(200).time("idle_expires_at"), before);
    fleet.advance(IDLE / 2 + Duration::from_secs(1));
    let page = visit(&mut browser, "/").await.expect_status(200);
    assert_eq!(
        (&settings(&page)["session"], &settings(&page)["reason"]),
        (&json!("absent"), &json!("ended"))
    );
}

async fn without_scripts_one_sees_the_session_and_signs_out(fleet: Fleet) {
    let mut browser = fleet.browser();
    let stranger = visit(&mut browser, "/").await.expect_status(200);
    let forms = |page: &Answer| {
        let forms = tags(&page.text).into_iter().filter(|tag| tag.starts_with("form ")).map(str::to_owned);
        forms.filter(|form| form.contains("action=\"logout\"")).collect::<Vec<_>>()
    };
    assert_eq!(forms(&stranger), Vec::<String>::new(), "there is nothing to sign out of");
    browser.submit("/login", &format!("username=alice&password={PASSWORD}")).await.expect_status(303);
    let page = visit(&mut browser, "/").await.expect_status(200);
    let (_, rest) = page.text.split_once("<noscript>").expect("something for who has no scripts");
    let (shown, _) = rest.split_once("</noscript>").unwrap();
    assert!(shown.contains("<strong>Signed in as alice</strong>"), "{shown}");
    for time in
        ["2027-01-15T08:00:00Z\">2027-01-15 08:00 UTC", "2027-01-15 08:30 UTC", "2027-01-15 20:00 UTC"]
    {
        assert!(shown.contains(time), "{time}: {shown}");
    }
    assert_eq!(forms(&page).len(), 1);
    assert!(forms(&page)[0].contains("method=\"post\""));
    let gone = browser.submit("/logout", "").await.expect_status(303);
    assert_eq!(gone.header("location"), "/#signed-out");
    assert_eq!(forms(&visit(&mut browser, "/").await.expect_status(200)), Vec::<String>::new());
}

/// R51: it says that nobody knows, and takes no cookie away.
async fn a_store_that_is_away_takes_no_page_with_it(mut fleet: Fleet) {
    let store = std::sync::Arc::new(MoodyStore::over(fleet.servers[0].app.sessions().store().clone()));
    let server = fleet.add_server(store.clone(), session_http::Limits::default()).await.address;
    let mut browser = fleet.alice().await.led_to(server);
    assert_eq!(settings(&visit(&mut browser, "/").await.expect_status(200))["session"], "present");
    store.be(Mood::Down);
    browser.get("/session").await.expect_status(503);
    let page = visit(&mut browser, "/").await.expect_status(200);
    hold_to_one_visitor(&page);
    assert_eq!((&settings(&page)["session"], settings(&page).get("reason")), (&json!("unknown"), None));
    assert!(!is_marked_as_signed_in(&page) && !page.text.contains("alice"));
    assert_eq!(page.all_set_cookies(), Vec::<String>::new(), "nobody is signed out");
    let mut stranger = Browser::at(server);
    let page = visit(&mut stranger, "/").await.expect_status(200);
    assert_eq!(settings(&page)["session"], "absent", "that takes no store");
    store.be(Mood::Well);
    assert_eq!(settings(&visit(&mut browser, "/").await.expect_status(200))["session"], "present");
}

/// Those that the page was built with.
fn languages() -> Vec<String> {
    let files = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/page/texts")).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    names.map(|name| name.strip_suffix(".json").unwrap().to_owned()).collect()
}

async fn each_visitor_reads_the_page_in_their_language(fleet: Fleet) {
    let mut browser = fleet.browser();
    let mut ask = async |path: &str, language: &str| {
        let request = browser.request(Method::GET, path).header(ACCEPT, "text/html");
        browser.send_undocumented(request.header(ACCEPT_LANGUAGE, language)).await
    };
    let is_in = |page: &Answer, language: &str| {
        assert_eq!(page.header("content-language"), language);
        assert!(page.header("vary").contains("Accept-Language") || page.status == 404);
        assert!(page.text.contains(&format!("<html lang=\"{language}\"")), "{page:?}");
    };
    for language in languages() {
        let wanted = format!("tlh, {language};q=0.9, *;q=0.1");
        is_in(&ask("/", &wanted).await.expect_status(200), &language);
        is_in(&ask("/nothing", &wanted).await.expect_status(404), &language);
        let page = ask("/", &language).await;
        let texts: Value = json_in(&page.text, "page-texts");
        let path = format!("{}/page/texts/{language}.json", env!("CARGO_MANIFEST_DIR"));
        assert_eq!(texts, serde_json::from_str::<Value>(&std::fs::read_to_string(path).unwrap()).unwrap());
        // They are in the page, and nowhere else.
        ask(&format!("/texts/{language}.json"), &language).await.expect_status(404);
    }
    for other in ["tlh", "en;q=0.001", "no such thing", ""] {
        is_in(&ask("/", other).await.expect_status(200), "en");
    }
}

async fn a_browser_that_is_lost_gets_a_page_and_a_program_what_it_always_got(fleet: Fleet) {
    let mut browser = fleet.browser();
    for (path, status, title) in [
        ("/nothing", 404, "Page not found"),
        ("/logout", 405, "Nothing to see here"),
        ("/a/b/c", 404, "Page not found"),
    ] {
        let page = visit(&mut browser, path).await.expect_status(status);
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
        assert_eq!(page.header("content-security-policy"), POLICY);
        assert_eq!(page.header("cache-control"), "no-store");
        assert!(page.text.contains(&format!("<h1 id=\"title\">{title}</h1>")), "{page:?}");
        assert!(page.text.contains("<a href=\"/\">"), "{page:?}");
        assert_eq!(page.header("allow").is_empty(), status == 404, "{page:?}");
        let sheet = value_of(&page.text, "link rel=\"stylesheet\"", "href").expect("a style sheet");
        visit(&mut browser, &sheet).await.expect_status(200);
    }
    let asked = [("*/*", None), ("application/json", None), (BROWSERS_ACCEPT, Some("empty"))];
    for (accept, destination) in asked {
        for (path, status, code) in [("/nothing", 404, "not_found"), ("/logout", 405, "method_not_allowed")] {
            let mut request = browser.request(Method::GET, path).header(ACCEPT, accept);
            if let Some(destination) = destination {
                request = request.header("Sec-Fetch-Dest", destination);
            }
            let refused = browser.send_undocumented(request).await.expect_status(status);
            assert_eq!(refused.header("content-type"), "application/problem+json");
            assert_eq!((refused.header("vary"), refused.header("content-language")), ("Cookie", ""));
            assert_eq!(refused.json()["code"], code);
        }
    }
    let session = visit(&mut browser, "/session").await;
    session.expect_no_session("absent");
}

fn acme() -> PageSettings {
    let texts = BTreeMap::from([("help_link".to_owned(), "Ring {service} up".to_owned())]);
    let page = PageSettings::new().name("Acme").unwrap().logo(SVG).unwrap();
    let page = page.accent("#1d4ed8").unwrap().accent_dark("#93c5fd").unwrap();
    let page = page.help_url("https://acme.example/help").unwrap();
    page.texts(BTreeMap::from([("en".to_owned(), texts)])).unwrap().developer(true)
}

async fn a_service_shows_its_own_name_logo_colours_help_and_texts(mut fleet: Fleet) {
    let mut plain = fleet.browser();
    for path in ["/brand/logo.svg", "/brand/logo.png", "/brand/colours.css"] {
        visit(&mut plain, path).await.expect_status(404);
    }
    assert!(!visit(&mut plain, "/").await.text.contains("brand/"));

    let mut browser = Browser::at(fleet.add_server_that(|app| app.page(acme())).await);
    let page = visit(&mut browser, "/").await.expect_status(200);
    let expected = json!({ "service": "Acme", "developer": true, "session": "absent", "reason": "absent" });
    assert_eq!(settings(&page), expected);
    let help = value_of(&page.text, "a href=\"https:", "href");
    assert_eq!(help.as_deref(), Some("https://acme.example/help"), "{page:?}");
    assert!(page.text.contains(">Ring Acme up</a></p>"), "{page:?}");
    assert_eq!(json_in(&page.text, "page-texts")["help_link"], "Ring {service} up");
    assert!(page.text.contains("<link rel=\"stylesheet\" href=\"brand/colours.css\">"), "{page:?}");
    assert!(
        page.text.contains("<img class=\"logo\" src=\"brand/logo.svg\" alt=\"\" height=\"28\">"),
        "{page:?}"
    );
    let lost = visit(&mut browser, "/nothing").await.expect_status(404);
    assert!(lost.text.contains("src=\"/brand/logo.svg\"") && lost.text.contains("Acme"), "{lost:?}");

    let logo = browser.request(Method::GET, "/brand/logo.svg");
    let logo = browser.send_undocumented(logo).await.expect_status(200);
    assert_eq!((logo.header("content-type"), logo.text.as_str()), ("image/svg+xml", SVG));
    assert_eq!(logo.header("x-content-type-options"), "nosniff");
    let policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox";
    assert_eq!(logo.header("content-security-policy"), policy, "what is in it does nothing");
    let colours = browser.request(Method::GET, "/brand/colours.css");
    let colours = browser.send_undocumented(colours).await.expect_status(200);
    assert_eq!(colours.header("content-type"), "text/css");
    assert!(colours.text.contains("--accent: light-dark(#1d4ed8, #93c5fd);"), "{colours:?}");
    assert!(colours.text.contains("--on-accent: light-dark(#ffffff, #000000);"), "{colours:?}");
}

async fn beneath_a_prefix_everything_of_a_service_is_found(mut fleet: Fleet) {
    let prefix = "/_session".parse().unwrap();
    let mut browser = Browser::at(fleet.add_server_that(|app| app.page(acme()).path_prefix(prefix)).await);
    let page = visit(&mut browser, "/_session/").await.expect_status(200);
    assert_eq!(value_of(&page.text, "input type=\"hidden\"", "value").unwrap(), "/_session/#welcome");
    for file in [
        &value_of(&page.text, "img class=\"logo\"", "src").unwrap(),
        &value_of(&page.text, "link rel=\"stylesheet\" href=\"brand", "href").unwrap(),
    ] {
        visit(&mut browser, &format!("/_session/{file}")).await.expect_status(200);
        visit(&mut browser, &format!("/{file}")).await.expect_status(404);
    }
    for path in ["/_session/nothing/at/all", "/orders"] {
        let lost = visit(&mut browser, path).await.expect_status(404);
        assert!(lost.text.contains("<a href=\"/_session/\">"), "{lost:?}");
        for (tag, attribute) in [
            ("link rel=\"stylesheet\"", "href"),
            ("link rel=\"icon\"", "href"),
            ("img class=\"logo\"", "src"),
        ] {
            let file = value_of(&lost.text, tag, attribute).unwrap_or_else(|| panic!("{tag}: {lost:?}"));
            visit(&mut browser, &file).await.expect_status(200);
        }
    }
    let login = browser.request(Method::POST, "/_session/login");
    let login = login.json(&json!({ "username": "alice", "password": PASSWORD }));
    browser.send_undocumented(login).await.expect_status(200);
    assert_eq!(settings(&visit(&mut browser, "/_session/login").await)["session"], "present");
}

async fn whatever_is_said_of_a_service_or_a_visitor_is_text(mut fleet: Fleet) {
    let name = &HOSTILE[..60];
    let keys = json_in(&visit(&mut fleet.browser(), "/").await.text, "page-texts");
    let keys = keys.as_object().unwrap().keys();
    let texts: BTreeMap<_, _> = keys.map(|key| (key.clone(), HOSTILE_TEXT.to_owned())).collect();
    let page = PageSettings::new().name(name).unwrap().help_url("/'\"><script>").unwrap();
    let page = page.texts(BTreeMap::from([("en".to_owned(), texts.clone())])).unwrap();
    let ours = tags(&visit(&mut fleet.browser(), "/login").await.text).len();
    let lost = tags(&visit(&mut fleet.browser(), "/nothing").await.text).len();
    let server = fleet.add_server_that(|app| app.page(page)).await;

    let mut stranger = Browser::at(server);
    let query: String = form_urlencoded(HOSTILE);
    let shown = visit(&mut stranger, &format!("/login?next={query}")).await.expect_status(200);
    // The link to help, in a paragraph, is what has come.
    assert_eq!(tags(&shown.text).len(), ours + 2, "nothing has become an element: {}", shown.text);
    assert_eq!(value_of(&shown.text, "input type=\"hidden\"", "value").unwrap(), HOSTILE);
    assert_eq!(settings(&shown)["service"], name);
    assert_eq!(value_of(&shown.text, "a href=\"&#x2f;&#x27;", "href").unwrap(), "/'\"><script>");
    assert_eq!(json_in(&shown.text, "page-texts"), json!(texts));
    let shown = visit(&mut stranger, "/nothing").await.expect_status(404);
    assert_eq!(tags(&shown.text).len(), lost, "{}", shown.text);

    // Somebody whom the application calls so.
    let session = session_engine::NewSession::of(session_engine::Subject::new(HOSTILE).unwrap());
    let claims = json!({ "name": format!("{HOSTILE}{{subject}}") });
    let session = session.claims(claims.as_object().unwrap().clone());
    let started = fleet.servers[0].app.visitor(Default::default(), None).sign_in(session).await.unwrap();
    let cookie = started.into_answer().headers()["set-cookie"].to_str().unwrap().to_owned();
    let mut signed_in = Browser::at(fleet.servers[0].address);
    signed_in.cookie = cookie.split(['=', ';']).nth(1).map(str::to_owned);
    let shown = visit(&mut signed_in, "/").await.expect_status(200);
    assert!(is_marked_as_signed_in(&shown), "{shown:?}");
    let name = "&lt;&#x2f;script&gt;&lt;script&gt;alert(1)&lt;&#x2f;script&gt;&quot;&#x27;&gt;&lt;b onclick=x&gt;\
        {{next}}{{{settings}}}{service}&amp;lt;{subject}";
    assert!(shown.text.contains(&format!("Signed in as {name}</strong>")), "{}", shown.text);
}

fn form_urlencoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// R36: or the policy would have to let it.
async fn nothing_that_runs_stands_in_the_markup(mut fleet: Fleet) {
    let server = fleet.add_server_that(|app| app.page(acme())).await;
    let mut signed_in = fleet.alice().await.led_to(server);
    let mut stranger = Browser::at(server);
    for page in [
        visit(&mut stranger, "/login?next=/a").await,
        visit(&mut stranger, "/nothing").await,
        visit(&mut stranger, "/logout").await,
        visit(&mut signed_in, "/").await,
    ] {
        assert_eq!(page.header("content-security-policy"), POLICY);
        for tag in tags(&page.text) {
            let name = tag.split([' ', '\n']).next().unwrap();
            assert!(!["style", "iframe", "object", "embed", "base"].contains(&name), "{tag}");
            if name == "script" {
                assert!(tag.contains(" src=\"") || tag.contains("type=\"application/json\""), "{tag}");
            }
            for attribute in attributes(tag) {
                assert!(!attribute.starts_with("on") && attribute != "style", "{tag}");
            }
            assert!(!tag.to_ascii_lowercase().contains("javascript:"), "{tag}");
        }
        assert!(!page.text.contains("{{"), "a mark is left: {}", page.text);
    }
}

/// R14: both, since nobody knows whose page it would be.
async fn two_good_cookies_go_with_the_page(fleet: Fleet) {
    let (one, other) = (fleet.alice().await, fleet.alice().await);
    let mut browser = fleet.browser();
    let both = format!("__Host-session={}; __Host-session={}", one.cookie(), other.cookie());
    let request = browser.request(Method::GET, "/").header(COOKIE, both);
    let page = browser.send_undocumented(request).await.expect_status(200);
    assert_eq!(
        (&settings(&page)["session"], &settings(&page)["reason"]),
        (&json!("absent"), &json!("invalid"))
    );
    let removed = page.set_cookies();
    assert!(removed.iter().any(|cookie| cookie.starts_with("__Host-session=;")), "{removed:?}");
    let id: SessionId =
        one.clone().get("/session").await.json()["session_id"].as_str().unwrap().parse().unwrap();
    assert!(!page.text.contains(&id.to_string()), "whose page it would be, nobody knows");
}
