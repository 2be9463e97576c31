//! Whoever has signed in before goes on.

use reqwest::Method;

use crate::browser::Browser;
use crate::site::Site;
use crate::with_every_library;

with_every_library! {
    who_has_signed_in_before_goes_on_without_signing_in,
    requests_that_come_at_once_get_one_session,
    an_answer_that_was_lost_is_given_again,
    a_proxy_that_asks_is_told_who_it_is,
    the_page_shows_who_it_is,
    whoever_signs_in_ends_what_was_there_before,
}

async fn who_has_signed_in_before_goes_on_without_signing_in(site: Site) {
    let mut alice = site.alice().await;
    let answer = alice.get(&site.server, "/session").await.expect_status(200);
    assert_eq!(answer.json["subject"], "alice");
    assert_eq!(answer.json["authenticated_at"], 0, "nobody knows when the password was entered");
    assert_eq!(answer.headers["cache-control"], "no-store");
    let set_cookies = answer.set_cookies();
    let given = set_cookies.iter().find(|cookie| cookie.starts_with("__Host-session=")).unwrap();
    assert!(given.ends_with("; Path=/; Secure; HttpOnly; SameSite=Lax"), "{given}");

    assert_eq!(alice.cookie(site.library.cookie_name()), None);
    assert_eq!(site.legacy_keys(), [""; 0], "nobody has two sessions");
    let again = alice.get(&site.server, "/session").await.expect_status(200);
    assert_eq!(again.json["session_id"], answer.json["session_id"]);
    let listed = alice.get(&site.server, "/sessions").await.expect_status(200);
    assert_eq!(listed.json["sessions"].as_array().unwrap().len(), 1, "{listed:?}");
    let ends = alice.ask(Method::DELETE, &site.server, "/sessions").await;
    assert_eq!(ends.json["code"], "reauthentication_required", "{ends:?}");
}

/// On two servers, as a page loads.
async fn requests_that_come_at_once_get_one_session(site: Site) {
    let (alice, other) = (site.alice().await, site.another_server().await);
    let mut asking = tokio::task::JoinSet::new();
    let servers = std::sync::Arc::new([site.server, other]);
    for number in 0..20 {
        let (mut alice, servers) = (alice.clone(), std::sync::Arc::clone(&servers));
        asking.spawn(async move {
            let answer = alice.get(&servers[number % 2], "/session").await.expect_status(200);
            (answer.json["session_id"].as_str().unwrap().to_owned(), alice.ours().unwrap().to_owned())
        });
    }
    let sessions = asking.join_all().await;
    assert!(sessions.iter().all(|session| *session == sessions[0]), "{sessions:?}");
}

async fn an_answer_that_was_lost_is_given_again(site: Site) {
    let mut alice = site.alice().await;
    let mut lost = alice.clone();
    let first = lost.get(&site.server, "/session").await.expect_status(200);
    let again = alice.get(&site.server, "/session").await.expect_status(200);
    assert_eq!((&again.json["session_id"], alice.ours()), (&first.json["session_id"], lost.ours()));
}

async fn a_proxy_that_asks_is_told_who_it_is(site: Site) {
    let alice = site.alice().await;
    let open = alice.clone().get(&site.server, "/auth/open").await.expect_status(200);
    assert_eq!((&open.headers["x-session-subject"], open.set_cookies().len()), (&"".parse().unwrap(), 0));
    let mut alice = alice;
    let answer = alice.get(&site.server, "/auth/orders").await.expect_status(200);
    assert_eq!(answer.headers["x-session-subject"], "alice");
    // nginx passes one on.
    let [given] = answer.set_cookies()[..] else { panic!("{answer:?}") };
    assert!(given.starts_with("__Host-session="), "{given}");
    let view = alice.get(&site.server, "/session").await.expect_status(200);
    assert_eq!(answer.headers["x-session-id"], view.json["session_id"].as_str().unwrap());
}

async fn the_page_shows_who_it_is(site: Site) {
    let mut alice = site.alice().await;
    let page = alice.get(&site.server, "/").await.expect_status(200);
    assert!(page.text.contains("\"session\": \"present\"") && page.text.contains("alice"), "{page:?}");
    assert_eq!(page.headers["cache-control"], "no-store, private");
    alice.get(&site.server, "/session").await.expect_status(200);
}

/// Who is signed in to both would else be signed in again by what is left, after a log-out.
async fn whoever_signs_in_ends_what_was_there_before(site: Site) {
    let mut browser = Browser::default();
    let login = site.server.log_in("alice").await;
    browser.put("__Host-session", &login.cookie);
    browser.post(&site.application, "/login/42").await.expect_status(204);
    browser.get(&site.server, "/session").await.expect_status(200);
    assert_ne!(site.legacy_keys(), [""; 0], "a session of ours is all that counts");
    browser.post(&site.server, "/logout").await.expect_status(204);
    assert_eq!(site.legacy_keys(), [""; 0]);
    assert_eq!((browser.ours(), browser.cookie(site.library.cookie_name())), (None, None));
    browser.get(&site.server, "/session").await.expect_status(401);
}
