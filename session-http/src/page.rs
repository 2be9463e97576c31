//! The page of `web/`, built into the server, as its operator wants it to look and its visitor to read it.

mod brand;
mod built;
mod colour;
mod logo;
mod pages;
mod palette;
mod seen;
mod settings;
mod templates;
mod texts;

use std::future::Future;

use http::Method;

use crate::answer::Answer;
use crate::app::App;
use crate::files;
#[cfg(feature = "legacy")]
use crate::legacy;
use crate::problem::Problem;
use crate::request::Request;
use crate::table::Route;

pub(crate) use pages::Pages;
pub use settings::{InvalidPageSetting, PageSettings};

use built::Built;
use seen::Seen;

/// A route for each file; the page itself is at two.
pub(crate) fn routes(app: &App) -> impl Iterator<Item = Route<App>> {
    let built = built::files().filter_map(|name| Some((format!("/{name}"), files::answer::<Built>(&name)?)));
    let brand = app.pages().brand_files().into_iter().map(|(name, answer)| (format!("/{name}"), answer));
    let files = built.chain(brand).map(|(path, answer)| {
        let show = move |_, _| std::future::ready(Ok(answer.clone()));
        route(show).at(path)
    });
    files.chain(["/", "/login"].into_iter().map(|path| route(show).at(path.to_owned())))
}

fn route<F, A>(show: F) -> Route<App>
where
    F: Fn(App, Request) -> A + Send + Sync + 'static,
    A: Future<Output = Result<Answer, Problem>> + Send + 'static,
{
    Route::new(Method::GET, "page", |_, _| Ok(()), show)
}

async fn show(app: App, request: Request) -> Result<Answer, Problem> {
    #[cfg(feature = "legacy")]
    if app.sessions().legacy().is_some() {
        return receive(app, request).await;
    }
    see(app, request).await
}

/// Whoever comes with another library's session is shown the one that takes its place.
#[cfg(feature = "legacy")]
async fn receive(app: App, mut request: Request) -> Result<Answer, Problem> {
    let peer = request.peer.map(|peer| peer.ip());
    match Box::pin(legacy::receive(&app, &mut request.headers, peer)).await {
        Ok(arrival) => Ok(arrival.on(see(app, request).await?)),
        // Nobody is shown signed out who may not be.
        Err(_) => app.pages().index(&request.headers, &request.query, &Seen::Unknown),
    }
}

async fn see(app: App, request: Request) -> Result<Answer, Problem> {
    let seen = Seen::of(app.visitor(request.headers.clone(), request.peer)).await;
    app.pages().index(&request.headers, &request.query, &seen)
}
