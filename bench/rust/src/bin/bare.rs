//! The limit: warp in our accept loop, with an answer of as many bytes as the argument says and nothing to decide.

use session_bench::{ADDRESS, Result, announce, arguments};
use session_http::{Lifecycle, Limits, serve};
use tokio::net::TcpListener;
use warp::Filter;
use warp::reply::json;

#[tokio::main]
async fn main() -> Result {
    let [length] = arguments()?;
    // In quotes.
    let body = "x".repeat(length.parse::<usize>()?.saturating_sub(2));
    let answer = warp::path!("check").and(warp::get()).map(move || json(&body));
    let listener = TcpListener::bind(ADDRESS).await?;
    announce(listener.local_addr()?);
    serve(listener, warp::service(answer), Lifecycle::new(), Limits::default()).await;
    Ok(())
}
