//! Filters for warp applications.
//!
//! [`routes`] stands beside an application's own filters, [`session`] and its like are put into them,
//! and [`recover`] answers what ours reject and leaves the rest to the application.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use ::warp::filters::BoxedFilter;
use ::warp::path::Tail;
use ::warp::reject::Reject;
use ::warp::reply::Response;
use ::warp::{Buf, Filter, Rejection, Reply};
use futures_util::{FutureExt, Stream, StreamExt};
use http::HeaderMap;

use crate::answer::Answer;
use crate::answer_times::AnswerTimes;
use crate::anyone::Anyone;
use crate::app::App;
use crate::body::{Broken, Source};
#[cfg(feature = "management")]
use crate::management::Management;
use crate::peer::Peer;
use crate::problem::Problem;
use crate::refusal;
use crate::request::Request;
use crate::routes::table;
use crate::security_headers::SecurityHeaders;
use crate::session::Session;
use crate::session_answer::SessionAnswer;
use crate::table::{Place, Table};
use crate::visitor::Visitor;

/// All of our routes. What is not at one of their paths is rejected, and so is left to the filters
/// that stand beside this one.
#[must_use]
pub fn routes(app: &App) -> BoxedFilter<(Response,)> {
    answering(table(app), app.clone())
}

/// All routes of the management, with the feature `page` its operations view, and nothing else. For a listener that
/// strangers cannot reach.
#[cfg(feature = "management")]
#[must_use]
pub fn management(management: &Management) -> BoxedFilter<(Response,)> {
    let routes = answering(crate::management::table(), management.clone());
    #[cfg(feature = "page")]
    let routes = answering(crate::management::operations::table(), ()).or(routes).unify().boxed();
    or_nothing(routes, |_| Problem::not_found().into_answer())
}

fn answering<S: Clone + Send + Sync + 'static>(table: Table<S>, state: S) -> BoxedFilter<(Response,)> {
    let table = Arc::new(table);
    let place = {
        let table = Arc::clone(&table);
        let find = move |tail: Tail| {
            let place = table.find(&format!("/{}", tail.as_str()));
            std::future::ready(place.ok_or_else(::warp::reject::not_found))
        };
        ::warp::path::tail().and_then(find)
    };
    let query = ::warp::query::raw().or(::warp::any().map(String::new)).unify();
    let head = ::warp::method().and(::warp::header::headers_cloned()).and(peer()).and(query);
    let request = head.and(::warp::body::stream()).map(|method, headers, peer, query, body| Request {
        method,
        headers,
        peer,
        query,
        body: source(body),
        parameters: Vec::new(),
    });
    let answer =
        move |place: Place, request: Request| table.answer(state.clone(), place, request).map(response);
    place.and(request).then(answer).boxed()
}

/// All of our routes and nothing else: what is at none of their paths gets a 404.
#[must_use]
pub fn site(app: &App) -> BoxedFilter<(Response,)> {
    let (routes, app) = (routes(app), app.clone());
    or_nothing(routes, move |headers| refusal::answer(&app, headers, Problem::not_found()))
}

fn or_nothing(
    routes: BoxedFilter<(Response,)>,
    refuse: impl Fn(&HeaderMap) -> Answer + Clone + Send + Sync + 'static,
) -> BoxedFilter<(Response,)> {
    let times = Arc::new(AnswerTimes::of_nothing());
    let nothing = move |headers: HeaderMap| {
        let mut answer = refuse(&headers);
        SecurityHeaders::all().add_to(answer.headers_mut());
        times.note(answer.status(), Duration::ZERO);
        response(answer)
    };
    routes.or(::warp::header::headers_cloned().map(nothing)).unify().boxed()
}

/// The session of somebody who is signed in; who is not is rejected with the 401 or 503 that our own
/// routes give. A route that changes something belongs behind [`same_site`] too.
pub fn session(app: &App) -> impl Filter<Extract = (Session,), Error = Rejection> + Clone + use<> {
    visitor(app).and_then(async |visitor: Visitor| Ok::<_, Rejection>(visitor.session().await?))
}

/// The same, for what is shown to strangers too.
pub fn session_if_any(
    app: &App,
) -> impl Filter<Extract = (Option<Session>,), Error = Rejection> + Clone + use<> {
    visitor(app).and_then(async |visitor: Visitor| Ok::<_, Rejection>(visitor.session_if_any().await?))
}

/// Whoever has a session here, somebody who is signed in or a guest.
pub fn anyone(app: &App) -> impl Filter<Extract = (Option<Anyone>,), Error = Rejection> + Clone + use<> {
    visitor(app).and_then(async |visitor: Visitor| Ok::<_, Rejection>(visitor.anyone().await?))
}

/// Whoever sent the request, to sign them in, to log them out, or to learn their address.
pub fn visitor(app: &App) -> impl Filter<Extract = (Visitor,), Error = Infallible> + Clone + use<> {
    let app = app.clone();
    let head = ::warp::header::headers_cloned().and(peer());
    head.map(move |headers: HeaderMap, peer| app.visitor(headers, peer))
}

/// Rejects what a browser sent on behalf of another site (R34).
pub fn same_site(app: &App) -> impl Filter<Extract = (), Error = Rejection> + Clone + use<> {
    let check = async |visitor: Visitor| Ok::<_, Rejection>(visitor.require_same_site()?);
    visitor(app).and_then(check).untuple_one()
}

/// Answers what the filters here rejected, and passes on what an application's own did.
///
/// # Errors
/// The rejection, if it is none of ours.
pub async fn recover(rejection: Rejection) -> Result<Response, Rejection> {
    match rejection.find::<Problem>() {
        Some(problem) => Ok(response(problem.clone().into_answer())),
        None => Err(rejection),
    }
}

/// Adds security headers to answers of an application's own: `filter.map(with(headers))`.
pub fn with<R: Reply>(headers: SecurityHeaders) -> impl Fn(R) -> Response + Copy {
    move |reply| {
        let mut response = reply.into_response();
        headers.add_to(response.headers_mut());
        response
    }
}

impl Reject for Problem {}

impl Reply for Problem {
    fn into_response(self) -> Response {
        response(self.into_answer())
    }
}

impl Reply for SessionAnswer {
    fn into_response(self) -> Response {
        response(self.into_answer())
    }
}

fn response(answer: Answer) -> Response {
    answer.map(Into::into)
}

/// As our accept loop says, or warp's own.
fn peer() -> impl Filter<Extract = (Option<SocketAddr>,), Error = Infallible> + Copy {
    let peer = ::warp::ext::optional::<Peer>().and(::warp::addr::remote());
    peer.map(|ours: Option<Peer>, warps: Option<SocketAddr>| ours.map(|Peer(address)| address).or(warps))
}

fn source(body: impl Stream<Item = Result<impl Buf, ::warp::Error>> + Send + 'static) -> Source {
    Box::pin(body.map(|piece| match piece {
        Ok(mut piece) => Ok(piece.copy_to_bytes(piece.remaining())),
        Err(_) => Err(Broken),
    }))
}
