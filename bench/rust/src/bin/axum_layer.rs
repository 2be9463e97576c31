//! Ours in axum: a route behind the layer.

use axum::routing::get;
use axum::{Json, Router};
use session_bench::{ADDRESS, Result, announce, ours};
use session_http::tower::SessionLayer;
use session_http::{Limits, Session, serve};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result {
    let app = ours::app().await?;
    let site = Router::new().route("/check", get(check)).layer(SessionLayer::new(&app));
    let listener = TcpListener::bind(ADDRESS).await?;
    announce(listener.local_addr()?);
    serve(listener, site, app.lifecycle().clone(), Limits::default()).await;
    Ok(())
}

async fn check(session: Session) -> Json<session_bench::Checked> {
    Json(session_bench::Checked { subject: session.subject().as_str().to_owned() })
}
