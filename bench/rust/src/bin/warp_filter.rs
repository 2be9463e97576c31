//! Ours in warp: routes behind the filter `session()`.

use session_bench::{ADDRESS, Checked, Kept, Result, announce, ours};
use session_http::warp::{recover, same_site, session, visitor};
use session_http::{App, Limits, Problem, Session, SessionAnswer, Visitor, serve};
use tokio::net::TcpListener;
use warp::filters::BoxedFilter;
use warp::http::StatusCode;
use warp::reply::{Json, Response, json};
use warp::{Filter, Reply};

#[tokio::main]
async fn main() -> Result {
    let app = ours::app().await?;
    let listener = TcpListener::bind(ADDRESS).await?;
    announce(listener.local_addr()?);
    serve(listener, warp::service(site(&app)), app.lifecycle().clone(), Limits::default()).await;
    Ok(())
}

fn site(app: &App) -> BoxedFilter<(Response,)> {
    let change = same_site(app);
    let sign_in = warp::path!("login" / String).and(warp::post()).and(change.clone());
    let patch = warp::path!("data").and(warp::patch()).and(change);
    (warp::path!("check").and(warp::get()).and(session(app)).map(check))
        .or(sign_in.and(visitor(app)).then(sign_in_as))
        .or(patch.and(session(app)).and(warp::body::json()).then(keep))
        .recover(recover)
        .map(Reply::into_response)
        .boxed()
}

fn check(session: Session) -> Json {
    json(&Checked { subject: session.subject().as_str().to_owned() })
}

async fn sign_in_as(name: String, visitor: Visitor) -> std::result::Result<SessionAnswer, Response> {
    let session = ours::somebody(&name).map_err(|_| StatusCode::BAD_REQUEST.into_response())?;
    let answer = visitor.sign_in(session).await.map_err(Reply::into_response)?;
    Ok(answer.json(&Checked { subject: name }))
}

async fn keep(mut session: Session, new: Kept) -> std::result::Result<Json, Problem> {
    let replace = |kept: &mut Kept| {
        kept.clone_from(&new);
        json(kept)
    };
    session.edit_data(replace).await
}
