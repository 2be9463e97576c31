//! Two ways to sign in, and what may become of a session.

use serde_json::{Value, json};

use crate::on_both;
use crate::site::Site;

on_both!(
    who_has_a_password_signs_in_with_it,
    who_has_none_is_refused_there_and_signs_in_elsewhere,
    signing_in_again_ends_the_former_session,
    a_change_of_claims_shows_in_the_next_view,
    renewal_gives_another_id_and_keeps_the_rest,
    logged_out_is_logged_out,
);

async fn who_has_a_password_signs_in_with_it(site: Site) {
    let mut browser = site.stranger();
    let answer = browser.log_in("alice").await.expect(200);
    assert_eq!(answer.given(), ["session", "statement"]);
    assert_eq!(answer.json()["subject"], "alice");
    browser.get("/todos").await.expect(200);
}

/// R41: who has no password is told no more than who is nobody.
async fn who_has_none_is_refused_there_and_signs_in_elsewhere(site: Site) {
    let mut browser = site.stranger();
    let refused = browser.log_in("bob").await.expect_problem(401, "login_refused");
    assert_eq!(refused.set_cookies(), []);
    assert_eq!(refused.text, browser.log_in("nobody").await.expect(401).text, "as if there were no Bob");
    let answer = browser.sign_in_elsewhere("bob").await.expect(303);
    assert_eq!(answer.given(), ["session", "statement"]);
    assert_eq!(browser.get("/session").await.expect(200).json()["subject"], "bob");
}

/// R20: by whichever way.
async fn signing_in_again_ends_the_former_session(site: Site) {
    let mut browser = site.alice().await;
    let mut former = browser.clone();
    browser.sign_in_elsewhere("bob").await.expect(303);
    former.get("/session").await.expect_problem(401, "no_session");
}

async fn a_change_of_claims_shows_in_the_next_view(site: Site) {
    let mut browser = site.alice().await;
    assert_eq!(browser.get("/session").await.json()["claims"], json!({}));
    let changed = browser.post("/plan", &Value::Null).await.expect(200);
    assert_eq!((changed.given(), &changed.json()["claims"]), (vec!["statement"], &json!({ "plan": "pro" })));
    assert_eq!(browser.get("/session").await.expect(200).json()["claims"], json!({ "plan": "pro" }));
}

/// R20, R72: the former ID is told so.
async fn renewal_gives_another_id_and_keeps_the_rest(site: Site) {
    let mut browser = site.alice().await;
    browser.post("/todos", &json!("write a test")).await.expect(200);
    let mut former = browser.clone();
    let renewed = browser.post("/session/renew", &json!({})).await.expect(200);
    assert_eq!(renewed.given(), ["session", "statement"]);
    assert_ne!(browser.session_id(), former.session_id());
    assert_eq!(browser.get("/todos").await.expect(200).json(), json!(["write a test"]));
    former.get("/todos").await.expect_problem(409, "session_renewed");
}

/// R21: for whoever has the cookie.
async fn logged_out_is_logged_out(site: Site) {
    let mut browser = site.alice().await;
    let mut former = browser.clone();
    let over = browser.post("/logout", &json!({})).await.expect(204);
    assert_eq!((over.given(), over.taken()), (vec![], vec!["session", "statement"]));
    former.get("/todos").await.expect_problem(401, "no_session");
}
