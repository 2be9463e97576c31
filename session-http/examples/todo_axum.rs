//! A to-do list on axum, `todo_axum [ADDRESS]`, with users of its own. Who has a password signs in by
//! our `/login`, and who has none with an account elsewhere, in the manner of OAuth. Strangers may
//! fill a cart, and it is still theirs when they have signed in.

#[path = "todo/people.rs"]
pub(crate) mod people;

use std::error::Error;
use std::sync::Arc;

use axum::extract::Query;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::Map;
use session_http::engine::core::{CookieName, KeyRing};
use session_http::engine::store::embedded::EmbeddedStore;
use session_http::engine::{Keys, NewSession, Subject, SystemClock};
use session_http::tower::{Routes, SessionLayer};
use session_http::{App, Limits, Problem, SecurityHeaders, Session, SessionAnswer, Visitor, serve};

/// What is kept in a session. Of a guest's, only the cart goes over into the user's.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Kept {
    todos: Vec<String>,
    cart: Vec<String>,
    /// Who comes back from the provider has to bring it along.
    state: Option<String>,
}

async fn show_cart(visitor: Visitor) -> Result<Json<Vec<String>>, Problem> {
    Ok(Json(visitor.data_or_default::<Kept>().await?.cart))
}

async fn fill_cart(visitor: Visitor, Json(item): Json<String>) -> Result<SessionAnswer, Problem> {
    let add = |kept: &mut Kept| {
        kept.cart.push(item.clone());
        kept.cart.clone()
    };
    let (cart, answer) = visitor.edit_or_start_guest(add).await?;
    Ok(answer.json(&cart))
}

async fn show_todos(session: Session) -> Result<Json<Vec<String>>, Problem> {
    Ok(Json(session.data::<Kept>()?.todos))
}

async fn add_todo(mut session: Session, Json(todo): Json<String>) -> Result<Json<()>, Problem> {
    Ok(Json(session.edit_data(|kept: &mut Kept| kept.todos.push(todo.clone())).await?))
}

async fn upgrade(mut session: Session) -> Result<SessionAnswer, Problem> {
    session.change_claims(Map::from_iter([("plan".into(), "pro".into())])).await
}

async fn sign_in(visitor: Visitor) -> Result<SessionAnswer, Problem> {
    let state = format!("{:x}", getrandom::u64().expect("a system with randomness"));
    let remember = |kept: &mut Kept| kept.state = Some(state.clone());
    let ((), answer) = visitor.edit_or_start_guest(remember).await?;
    Ok(answer.redirect(&format!("https://accounts.example/authorize?state={state}")))
}

#[derive(Deserialize)]
struct Callback {
    code: String,
    state: String,
}

async fn call_back(visitor: Visitor, Query(back): Query<Callback>) -> Result<Response, Problem> {
    let state = visitor.data_or_default::<Kept>().await?.state;
    match account(&back.code) {
        Some(subject) if state == Some(back.state) => {
            let session = NewSession::of(subject).carry_over(["cart"]);
            Ok(visitor.sign_in(session).await?.redirect("/todos").into_response())
        }
        _ => Ok(StatusCode::FORBIDDEN.into_response()),
    }
}

/// Where a real application asks the provider; here the code is the name of the account.
fn account(code: &str) -> Option<Subject> {
    Subject::new(code).ok()
}

// ANCHOR: site
/// Our routes where the application has none.
pub(crate) fn site(app: &App) -> Router {
    Router::new()
        .route("/cart", get(show_cart).post(fill_cart))
        .route("/todos", get(show_todos).post(add_todo))
        .route("/plan", post(upgrade))
        .route("/sign-in", get(sign_in))
        .route("/callback", get(call_back))
        .fallback_service(Routes::new(app))
        .layer(SessionLayer::new(app))
        .layer(SecurityHeaders::all())
}
// ANCHOR_END: site

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:3000".into());
    let listener = tokio::net::TcpListener::bind(address).await?;
    let origin = format!("http://{}", listener.local_addr()?);
    // For as long as this runs; the README keeps keys and sessions for longer.
    let (keys, directory) = (Keys::new(&KeyRing::generate()?, CookieName::default()), tempfile::tempdir()?);
    let store = Arc::new(EmbeddedStore::open(directory.path(), Arc::new(SystemClock))?);
    let users = Arc::new(people::People::alice_and_bob()?);
    let app = App::builder(keys, store).users(users).carry_over(["cart"]);
    let app = app.public_origin(&origin).build()?;
    println!("serving on {origin}");
    serve(listener, site(&app), app.lifecycle().clone(), Limits::default()).await;
    Ok(())
}
