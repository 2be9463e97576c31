//! A peer: actix-web with actix-session and its store in Redis, over the one connection that it makes by itself.

use actix_session::config::{BrowserSession, CookieContentSecurity, TtlExtensionPolicy};
use actix_session::storage::RedisSessionStore;
use actix_session::{Session, SessionMiddleware};
use actix_web::cookie::Key;
use actix_web::cookie::time::Duration;
use actix_web::error::ErrorUnauthorized;
use actix_web::web::{Json, Path};
use actix_web::{App, HttpServer, get, patch, post};
use session_bench::{ADDRESS, Checked, Kept, LIFETIME_IN_HOURS, Result, announce, arguments};

#[actix_web::main]
async fn main() -> Result {
    let [redis, extension, secret] = arguments()?;
    let key = Key::from(secret.as_bytes());
    let store = RedisSessionStore::new(redis).await.map_err(|error| error.to_string())?;
    let lifetime = Duration::hours(LIFETIME_IN_HOURS.try_into()?);
    let policy = match extension.as_str() {
        "extended" => TtlExtensionPolicy::OnEveryRequest,
        _ => TtlExtensionPolicy::OnStateChanges,
    };
    let server = HttpServer::new(move || {
        let lifecycle =
            BrowserSession::default().state_ttl(lifetime).state_ttl_extension_policy(policy.clone());
        let sessions = SessionMiddleware::builder(store.clone(), key.clone())
            .session_lifecycle(lifecycle)
            // Enough for an ID, as its documentation says.
            .cookie_content_security(CookieContentSecurity::Signed);
        App::new().wrap(sessions.build()).service(check).service(sign_in).service(keep)
    });
    let server = server.bind(ADDRESS)?;
    announce(server.addrs()[0]);
    Ok(server.run().await?)
}

#[get("/check")]
async fn check(session: Session) -> actix_web::Result<Json<Checked>> {
    Ok(Json(Checked { subject: subject(&session)? }))
}

#[post("/login/{name}")]
async fn sign_in(session: Session, name: Path<String>) -> actix_web::Result<Json<Checked>> {
    let subject = name.into_inner();
    session.insert("subject", &subject)?;
    Ok(Json(Checked { subject }))
}

#[patch("/data")]
async fn keep(session: Session, new: Json<Kept>) -> actix_web::Result<Json<Kept>> {
    subject(&session)?;
    session.insert("cart", &new.cart)?;
    Ok(new)
}

fn subject(session: &Session) -> actix_web::Result<String> {
    session.get("subject")?.ok_or_else(|| ErrorUnauthorized("not signed in"))
}
