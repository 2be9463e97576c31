//! A stranger fills a cart, signs in, and still has it: under a new ID, and nothing else with it.

use serde_json::{Value, json};

use crate::on_both;
use crate::site::Site;

on_both!(
    a_request_makes_no_session_by_itself,
    a_guests_session_is_nobodys_login,
    a_guests_cart_is_the_users_after_signing_in,
    a_guests_cart_is_the_users_after_signing_in_by_password,
    a_forged_state_signs_nobody_in,
    a_log_out_ends_a_guests_session_too,
);

/// R26: only an application does, on purpose.
async fn a_request_makes_no_session_by_itself(site: Site) {
    let mut stranger = site.stranger();
    for path in ["/cart", "/todos", "/session", "/callback?code=mallory&state=x", "/nothing", "/livez"] {
        assert_eq!(stranger.get(path).await.set_cookies(), [], "{path}");
    }
    assert_eq!(stranger.post("/plan", &Value::Null).await.expect(401).set_cookies(), []);
}

/// R32: what stands for a sign-in that is not over yet.
async fn a_guests_session_is_nobodys_login(site: Site) {
    let mut guest = site.stranger();
    let begun = guest.post("/cart", &json!("milk")).await.expect(200);
    // Nobody is signed in, so there is nothing to state.
    assert_eq!((begun.given(), begun.json()), (vec!["session"], json!(["milk"])));
    let more = guest.post("/cart", &json!("bread")).await.expect(200);
    assert_eq!((more.given(), more.json()), (vec![], json!(["milk", "bread"])));
    assert_eq!(guest.get("/cart").await.expect(200).json(), json!(["milk", "bread"]));
    for path in ["/session", "/session/data", "/sessions", "/todos"] {
        let answer = guest.get(path).await.expect_problem(401, "no_session");
        assert_eq!(answer.set_cookies(), [], "{path}");
    }
}

/// R20: under a new ID, and nothing with it that was not named.
async fn a_guests_cart_is_the_users_after_signing_in(site: Site) {
    let mut browser = site.stranger();
    browser.post("/cart", &json!("milk")).await.expect(200);
    let mut guest = browser.clone();
    let (was, answer) = (browser.session_id(), browser.sign_in_elsewhere("carol").await.expect(303));
    assert_eq!((answer.header("location"), answer.given()), ("/todos", vec!["session", "statement"]));
    assert_ne!(browser.session_id(), was);
    assert_eq!(browser.get("/session").await.expect(200).json()["subject"], "carol");
    // Neither the state, nor what else was kept.
    assert_eq!(browser.get("/session/data").await.expect(200).json(), json!({ "cart": ["milk"] }));
    browser.post("/cart", &json!("bread")).await.expect(200);
    assert_eq!(browser.get("/cart").await.expect(200).json(), json!(["milk", "bread"]));

    assert_eq!(guest.get("/cart").await.expect(200).json(), json!([]), "the guest's session is over");
    guest.post("/todos", &json!("rob a bank")).await.expect_problem(401, "no_session");
}

/// R20: likewise.
async fn a_guests_cart_is_the_users_after_signing_in_by_password(site: Site) {
    let mut browser = site.stranger();
    browser.post("/cart", &json!("milk")).await.expect(200);
    // A state that is kept and must not go over.
    browser.get("/sign-in").await.expect(303);
    let (mut guest, was) = (browser.clone(), browser.session_id());
    browser.log_in("mallory").await.expect(401);
    assert_eq!(browser.get("/cart").await.expect(200).json(), json!(["milk"]), "a refusal costs nothing");
    let answer = browser.log_in("alice").await.expect(200);
    assert_eq!(answer.given(), ["session", "statement"]);
    assert_ne!(browser.session_id(), was);
    assert_eq!(browser.get("/session/data").await.expect(200).json(), json!({ "cart": ["milk"] }));
    assert_eq!(guest.get("/cart").await.expect(200).json(), json!([]), "the guest's session is over");
}

/// R32, R34: what a guest's session keeps is what the callback is held against.
async fn a_forged_state_signs_nobody_in(site: Site) {
    let mut browser = site.stranger();
    let forged = "/callback?code=mallory&state=forged";
    browser.get(forged).await.expect(403);
    browser.get("/sign-in").await.expect(303);
    assert_eq!(browser.get(forged).await.expect(403).set_cookies(), []);
    browser.get("/session").await.expect_problem(401, "no_session");
}

/// R21: also for who has copied it.
async fn a_log_out_ends_a_guests_session_too(site: Site) {
    let mut browser = site.stranger();
    browser.post("/cart", &json!("milk")).await.expect(200);
    let mut thief = browser.clone();
    let over = browser.post("/logout", &json!({})).await.expect(204);
    assert_eq!((over.given(), over.taken()), (vec![], vec!["session", "statement"]));
    assert_eq!(thief.get("/cart").await.expect(200).json(), json!([]));
}
