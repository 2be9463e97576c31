//! An application as it was: sessions by tower-sessions in Redis, who has signed in by axum-login.

use std::convert::Infallible;
use std::env;
use std::error::Error;

use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Json;
use axum::routing::{get, post};
use axum_login::{AuthManagerLayerBuilder, AuthSession, AuthUser, AuthnBackend, UserId};
use tower_sessions::{Session, SessionManagerLayer};
use tower_sessions_redis_store::RedisStore;
use tower_sessions_redis_store::fred::prelude::{ClientLike, Config, Pool};

#[derive(Clone, Debug)]
struct User(i64);

impl AuthUser for User {
    type Id = i64;

    fn id(&self) -> i64 {
        self.0
    }

    /// Of the hash of the user's password, in an application that has one.
    fn session_auth_hash(&self) -> &[u8] {
        b"hash"
    }
}

/// Whoever asks is whom they say: what the application proved that by is no part of this.
#[derive(Clone)]
struct Everybody;

impl AuthnBackend for Everybody {
    type User = User;
    type Credentials = i64;
    type Error = Infallible;

    async fn authenticate(&self, id: i64) -> Result<Option<User>, Infallible> {
        Ok(Some(User(id)))
    }

    async fn get_user(&self, id: &UserId<Self>) -> Result<Option<User>, Infallible> {
        Ok(Some(User(*id)))
    }
}

async fn log_in(mut auth: AuthSession<Everybody>, Path(user): Path<i64>) -> StatusCode {
    match auth.login(&User(user)).await {
        Ok(()) => StatusCode::NO_CONTENT,
        Err(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

async fn add(session: Session, Path(item): Path<String>) -> StatusCode {
    match session.insert("cart", [item]).await {
        Ok(()) => StatusCode::NO_CONTENT,
        Err(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

async fn user(auth: AuthSession<Everybody>) -> Json<Option<i64>> {
    Json(auth.user.map(|User(id)| id))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let pool = Pool::new(Config::from_url(&env::var("REDIS")?)?, None, None, None, 1)?;
    let connection = pool.connect();
    pool.wait_for_connect().await?;
    let sessions = SessionManagerLayer::new(RedisStore::new(pool));
    let application = Router::new()
        .route("/login/{user}", post(log_in))
        .route("/cart/{item}", post(add))
        .route("/user", get(user))
        .layer(AuthManagerLayerBuilder::new(Everybody, sessions).build());
    let address = format!("127.0.0.1:{}", env::var("PORT")?);
    let listener = tokio::net::TcpListener::bind(address).await?;
    println!("serving on http://{}", listener.local_addr()?);
    axum::serve(listener, application).await?;
    drop(connection);
    Ok(())
}
