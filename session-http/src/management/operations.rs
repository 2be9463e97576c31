//! The operations view of `web/`, beside the management.
//!
//! A browser that opens a page brings no token, so these files are for anybody. They are the same for everybody and
//! hold nothing: what the view shows it asks the management for, with the token that is typed into it.

use http::header::CONTENT_SECURITY_POLICY;
use http::{HeaderValue, Method};
use rust_embed::RustEmbed;

use crate::files;
use crate::table::{Route, Table};

#[derive(RustEmbed)]
#[folder = "operations"]
struct View;

const INDEX: &str = "operations.html";

/// Its own files and nothing else. No form is ever sent by the browser, which could put a token into an address, and
/// no text becomes markup: a list shows what strangers say of their browsers.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
    connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'; \
    require-trusted-types-for 'script'; trusted-types 'none'";

/// A route for each file. There is no management behind them that they could tell of.
pub(crate) fn table() -> Table<()> {
    Table::new(View::iter().filter_map(|name| {
        let mut answer = files::answer::<View>(&name)?;
        let is_index = name == INDEX;
        if is_index {
            answer.headers_mut().insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
        }
        let show = move |(), _| std::future::ready(Ok(answer.clone()));
        let path = if is_index { "/".to_owned() } else { format!("/{name}") };
        Some(Route::new(Method::GET, "operations", |(), _| Ok(()), show).at(path))
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_view_is_at_the_root_and_hides_nothing_of_the_management() {
        let view = table();
        assert!(view.find("/").is_some(), "a view that was built");
        assert!(view.find("/operations.html").is_none(), "once is enough");
        for (_, path) in super::super::table().operations() {
            assert!(view.find(path).is_none(), "{path}");
        }
    }
}
