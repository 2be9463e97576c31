//! A peer: axum with tower-sessions and its store in Redis, over a pool of six connections as its documentation has.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::routing::{get, patch, post};
use axum::{Json, Router};
use session_bench::{ADDRESS, Checked, Kept, LIFETIME_IN_HOURS, Result, announce, arguments};
use tokio::net::TcpListener;
use tower_sessions::cookie::time::Duration;
use tower_sessions::session::Error;
use tower_sessions::{Expiry, Session, SessionManagerLayer};
use tower_sessions_redis_store::RedisStore;
use tower_sessions_redis_store::fred::prelude::{ClientLike, Config, Pool};

const CONNECTIONS: usize = 6;

type Refused = (StatusCode, String);

#[tokio::main]
async fn main() -> Result {
    let [redis, extension] = arguments()?;
    let pool = Pool::new(Config::from_url(&redis)?, None, None, None, CONNECTIONS)?;
    pool.init().await?;
    let lifetime = Duration::hours(LIFETIME_IN_HOURS.try_into()?);
    let sessions = SessionManagerLayer::new(RedisStore::new(pool))
        .with_expiry(Expiry::OnInactivity(lifetime))
        .with_always_save(extension == "extended");
    let site = Router::new()
        .route("/check", get(check))
        .route("/login/{name}", post(sign_in))
        .route("/data", patch(keep))
        .layer(sessions);
    let listener = TcpListener::bind(ADDRESS).await?;
    announce(listener.local_addr()?);
    Ok(axum::serve(listener, site).await?)
}

async fn check(session: Session) -> std::result::Result<Json<Checked>, Refused> {
    let subject: Option<String> = session.get("subject").await.map_err(failed)?;
    subject.map(|subject| Json(Checked { subject })).ok_or_else(not_signed_in)
}

async fn sign_in(session: Session, Path(name): Path<String>) -> std::result::Result<Json<Checked>, Refused> {
    session.insert("subject", &name).await.map_err(failed)?;
    Ok(Json(Checked { subject: name }))
}

async fn keep(session: Session, Json(new): Json<Kept>) -> std::result::Result<Json<Kept>, Refused> {
    let subject: Option<String> = session.get("subject").await.map_err(failed)?;
    subject.ok_or_else(not_signed_in)?;
    session.insert("cart", &new.cart).await.map_err(failed)?;
    Ok(Json(new))
}

fn not_signed_in() -> Refused {
    (StatusCode::UNAUTHORIZED, "not signed in".into())
}

fn failed(error: Error) -> Refused {
    (StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
}
