//! The page of `web/`, built into the server.

use std::future::Future;

use http::Method;
use rust_embed::RustEmbed;

use crate::answer::Answer;
use crate::app::App;
use crate::files;
use crate::path_prefix::PathPrefix;
use crate::problem::Problem;
use crate::request::Request;
use crate::table::Route;

#[derive(RustEmbed)]
#[folder = "page"]
struct Page;

const INDEX: &str = "index.html";

/// Where the sign-in form leads to, and how the page that was built says so.
const WELCOME: &str = "/#welcome";
const NEXT: &str = "value=\"/#welcome\"";

/// A route for each file; the page itself is at two.
pub(crate) fn routes() -> impl Iterator<Item = Route<App>> {
    let files = Page::iter().filter(|name| name != INDEX).filter_map(|name| {
        let answer = files::answer::<Page>(&name)?;
        let show = move |_, _| std::future::ready(Ok(answer.clone()));
        Some(route(show).at(format!("/{name}")))
    });
    let pages = ["/", "/login"].into_iter().filter_map(|path| {
        let answer = files::answer::<Page>(INDEX)?;
        let show = move |app: App, request: Request| {
            std::future::ready(Ok(page(&answer, app.prefix(), &request.query)))
        };
        Some(route(show).at(path.to_owned()))
    });
    files.chain(pages)
}

fn route<F, A>(show: F) -> Route<App>
where
    F: Fn(App, Request) -> A + Send + Sync + 'static,
    A: Future<Output = Result<Answer, Problem>> + Send + 'static,
{
    Route::new(Method::GET, "page", |_, _| Ok(()), show)
}

/// The page, whose form leads to where `?next=` says, or else to the page itself. The form checks that when it is
/// sent.
fn page(page: &Answer, prefix: &PathPrefix, query: &str) -> Answer {
    let fields: Vec<(String, String)> = serde_urlencoded::from_str(query).unwrap_or_default();
    let next = fields.into_iter().find(|(name, next)| name == "next" && !next.is_empty());
    let next = next.map_or_else(|| prefix.of(WELCOME), |(_, next)| next);
    let value = next.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;");
    let html = String::from_utf8_lossy(page.body()).replacen(NEXT, &format!("value=\"{value}\""), 1);
    page.clone().map(|_| html.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_leads_to_where_it_was_asked_for() {
        let index = files::answer::<Page>(INDEX).expect("a page that was built");
        let prefix = PathPrefix::default();
        let shown = |query: &str| String::from_utf8(page(&index, &prefix, query).body().to_vec()).unwrap();
        assert!(shown("").contains(NEXT) && shown("next=").contains(NEXT));
        assert!(shown("next=/orders/7%3Fa%3Db%26c").contains("value=\"/orders/7?a=b&amp;c\""));
        let hostile = shown("next=%22%3E%3Cscript%3Ealert(1)%3C/script%3E");
        let beneath = page(&index, &"/_session".parse().unwrap(), "");
        assert!(String::from_utf8_lossy(beneath.body()).contains("value=\"/_session/#welcome\""));
        assert!(hostile.contains("value=\"&quot;>&lt;script>alert(1)&lt;/script>\""));
    }
}
