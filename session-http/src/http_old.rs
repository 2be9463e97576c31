//! The HTTP surface: filters route, handlers act, and [`Sessions`] decides.

mod body;
mod client_address;
mod cross_site;
mod devices;
mod discovery;
mod login;
#[cfg(feature = "page")]
mod page;
mod problem;
mod reply;
mod request;
mod session;
mod session_data;

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use session_core::{SameSite, SessionId, StatementCookie};
use warp::filters::BoxedFilter;
use warp::http::{Method, StatusCode};
use warp::reply::Response;
use warp::{Filter, Rejection, Reply};

use crate::logins::Logins;
use crate::sessions::{LiveSession, Sessions};
use crate::store::Store;

pub use client_address::TrustedProxies;
pub(crate) use request::Peer;

use cross_site::CrossSite;
use problem::Problem;
use request::Request;

/// What every request needs.
pub struct App {
    /// The rules.
    pub sessions: Sessions,
    /// Names and passwords.
    pub logins: Logins,
    /// To be asked whether it is there.
    pub store: Arc<dyn Store>,
    /// The JWK Set that is published.
    pub public_keys: String,
    /// Under which URL browsers know this server, such as `https://app.example`. Statements name
    /// it as their issuer.
    pub public_origin: String,
    /// Which cross-site requests carry the session cookie.
    pub same_site: SameSite,
    /// Who may read the statement cookie, which goes with every session view; `None` for no such
    /// cookie.
    pub statement_cookie: Option<StatementCookie>,
    /// How long after the password was last entered a session may end others.
    pub reauthenticate_within: Duration,
    /// Whose word on a client's address is believed.
    pub trusted_proxies: TrustedProxies,
    /// Set once the server is to stop.
    pub draining: AtomicBool,
}

impl App {
    pub(crate) fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }
}

/// Every route, as one filter: serve it with [`serve`](crate::serve).
#[must_use]
pub fn routes(app: &Arc<App>) -> BoxedFilter<(Response,)> {
    answer_all(our_routes(app))
}

/// Routes of your own, and ours where yours do not match. What [`session`] and [`same_site`] reject
/// in yours is answered as in ours, and answers get the same headers unless they have their own.
pub fn routes_with<R: Reply + 'static>(
    app: &Arc<App>,
    own: impl Filter<Extract = (R,), Error = Rejection> + Clone + Send + Sync + 'static,
) -> BoxedFilter<(Response,)> {
    answer_all(own.map(Reply::into_response).or(our_routes(app)).unify().boxed())
}

fn our_routes(app: &Arc<App>) -> BoxedFilter<(Response,)> {
    let api = session_routes(app).or(discovery_routes(app)).unify().or(other_methods()).unify();
    #[cfg(feature = "page")]
    let api = api.or(page::routes()).unify();
    api.boxed()
}

fn answer_all(routes: BoxedFilter<(Response,)>) -> BoxedFilter<(Response,)> {
    routes.recover(answer_rejection).unify().map(reply::with_security_headers).boxed()
}

/// The live session of a request, for routes of your own. By activity it is extended, as by ours.
///
/// A request without one is rejected, and gets the 401 or 503 that our routes give. A route that
/// changes something belongs behind [`same_site`] too.
pub fn session(app: &Arc<App>) -> impl Filter<Extract = (LiveSession,), Error = Rejection> + Clone + use<> {
    read(app).and_then(async |app: Arc<App>, request: Request| match request.session(&app).await {
        Ok((_, session)) => Ok(session),
        Err(problem) => Err(warp::reject::custom(problem)),
    })
}

/// Rejects what a browser sent on behalf of another site (R34), for routes of your own.
pub fn same_site(app: &Arc<App>) -> impl Filter<Extract = (), Error = Rejection> + Clone + use<> {
    change(app).map(|_, _| ()).untuple_one()
}

/// Logging in and out, and everything that needs a session.
fn session_routes(app: &Arc<App>) -> BoxedFilter<(Response,)> {
    let body = body::read;
    let login = warp::path!("login").and(warp::post()).and(change(app)).and(body()).then(login::log_in);
    let logout = warp::path!("logout").and(warp::post()).and(change(app)).then(login::log_out);
    let show = warp::path!("session").and(warp::get()).and(read(app)).then(session::show);
    let renew = warp::path!("session" / "renew").and(warp::post()).and(change(app)).then(session::renew);
    let reauthenticate = warp::path!("session" / "reauthenticate")
        .and(warp::post())
        .and(change(app))
        .and(body())
        .then(login::reauthenticate);
    let data = || warp::path!("session" / "data");
    let show_data = data().and(warp::get()).and(read(app)).then(session_data::show);
    let replace = data().and(warp::put()).and(change(app)).and(body()).then(session_data::replace);
    let merge = data().and(warp::patch()).and(change(app)).and(body()).then(session_data::merge);
    let list = warp::path!("sessions").and(warp::get()).and(read(app)).then(devices::list);
    let revoke = warp::path!("sessions")
        .and(warp::delete())
        .and(change(app))
        .and(optional_query())
        .then(devices::revoke_many);
    let revoke_one = warp::path!("sessions" / SessionId)
        .and(warp::delete())
        .and(change(app))
        .then(|id, app, request| devices::revoke_one(app, request, id));

    let logins = answered(login).or(answered(logout)).unify().or(answered(reauthenticate)).unify();
    let session = answered(show).or(answered(renew)).unify();
    let data = answered(show_data).or(answered(replace)).unify().or(answered(merge)).unify();
    let devices = answered(list).or(answered(revoke)).unify().or(answered(revoke_one)).unify();
    logins.or(session).unify().or(data).unify().or(devices).unify().boxed()
}

/// What anybody may read.
fn discovery_routes(app: &Arc<App>) -> BoxedFilter<(Response,)> {
    let keys = warp::path!(".well-known" / "jwks.json").and(get_or_head()).and(with(app));
    let revocations = warp::path!(".well-known" / "session-revocations").and(get_or_head()).and(read(app));
    let revocations = answered(revocations.then(discovery::revocations)).map(discovery::for_everybody);
    let api = warp::path!("openapi.json").and(get_or_head());
    let live = warp::path!("livez").and(get_or_head());
    let ready = warp::path!("readyz").and(get_or_head()).and(with(app));
    keys.map(|app: Arc<App>| discovery::for_everybody(discovery::keys(&app)))
        .or(revocations)
        .unify()
        .or(api.map(discovery::api))
        .unify()
        .or(live.map(discovery::live))
        .unify()
        .or(answered(ready.map(|app: Arc<App>| discovery::ready(&app))))
        .unify()
        .boxed()
}

/// The paths above, asked with a method that they do not have.
fn other_methods() -> BoxedFilter<(Response,)> {
    let post = warp::path!("login").or(warp::path!("logout")).unify();
    let post = post.or(warp::path!("session" / "renew")).unify();
    let post = post.or(warp::path!("session" / "reauthenticate")).unify();
    let public = warp::path!(".well-known" / "jwks.json").or(warp::path!("openapi.json")).unify();
    let public = public.or(warp::path!(".well-known" / "session-revocations")).unify();
    let public = public.or(warp::path!("livez")).unify().or(warp::path!("readyz")).unify();
    let device = warp::path!("sessions" / SessionId).map(|_| ()).untuple_one();
    let other = other_than("POST", post)
        .or(other_than("GET", warp::path!("session")))
        .unify()
        .or(other_than("GET, PUT, PATCH", warp::path!("session" / "data")))
        .unify()
        .or(other_than("GET, DELETE", warp::path!("sessions")))
        .unify()
        .or(other_than("DELETE", device))
        .unify();
    other.or(other_than("GET, HEAD", public)).unify().boxed()
}

/// Answers what has none of these methods, and passes on what has: that was rejected for a reason.
fn other_than(
    methods: &'static str,
    path: impl Filter<Extract = (), Error = Rejection> + Clone + Send + Sync + 'static,
) -> BoxedFilter<(Response,)> {
    let refuse = move |method: Method| async move {
        if methods.split(", ").any(|allowed| allowed == method.as_str()) {
            return Err(warp::reject::not_found());
        }
        Ok(Problem::method_not_allowed(Some(methods)).into_response())
    };
    path.and(warp::method()).and_then(refuse).boxed()
}

fn with(app: &Arc<App>) -> impl Filter<Extract = (Arc<App>,), Error = Infallible> + Clone + use<> {
    let app = Arc::clone(app);
    warp::any().map(move || Arc::clone(&app))
}

/// A request that changes nothing.
fn read(app: &Arc<App>) -> impl Filter<Extract = (Arc<App>, Request), Error = Infallible> + Clone + use<> {
    with(app).and(request::read())
}

/// A request that changes something, so it must not have been forged by another site (R34).
fn change(app: &Arc<App>) -> impl Filter<Extract = (Arc<App>, Request), Error = Rejection> + Clone + use<> {
    let check = async |app: Arc<App>, request: Request| match cross_site::check(&request, &app.public_origin)
    {
        Ok(()) => Ok((app, request)),
        Err(forged) => Err(warp::reject::custom(forged)),
    };
    read(app).and_then(check).untuple_one()
}

fn get_or_head() -> impl Filter<Extract = (), Error = Rejection> + Copy {
    warp::get().or(warp::head()).unify()
}

fn optional_query() -> impl Filter<Extract = (String,), Error = Infallible> + Copy {
    warp::query::raw().or(warp::any().map(String::new)).unify()
}

fn answered<F>(filter: F) -> BoxedFilter<(Response,)>
where
    F: Filter<Extract = (Result<Response, Problem>,), Error = Rejection> + Clone + Send + Sync + 'static,
{
    filter.map(|result: Result<Response, Problem>| result.unwrap_or_else(Problem::into_response)).boxed()
}

/// The answer to a request that no route took.
async fn answer_rejection(rejection: Rejection) -> Result<Response, Infallible> {
    let problem = if let Some(problem) = rejection.find::<Problem>() {
        problem.clone()
    } else if rejection.find::<CrossSite>().is_some() {
        Problem::new(StatusCode::FORBIDDEN, "cross_site", "this request was made by another site")
    } else if rejection.find::<warp::reject::MethodNotAllowed>().is_some() {
        // Of an application's own route, which knows its methods.
        Problem::method_not_allowed(None)
    } else {
        Problem::new(StatusCode::NOT_FOUND, "not_found", "there is nothing at this path")
    };
    Ok(problem.into_response())
}
