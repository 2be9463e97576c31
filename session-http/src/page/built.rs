//! The files that `web/` was built to.

use std::collections::BTreeMap;

use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "page"]
pub(super) struct Built;

/// The template of the page.
pub(super) const INDEX: &str = "index.html";
const TEXTS: &str = "texts/";

/// What is answered as it is.
pub(super) fn files() -> impl Iterator<Item = String> {
    let names = Built::iter().map(std::borrow::Cow::into_owned);
    names.filter(|name| name != INDEX && !name.starts_with(TEXTS))
}

pub(super) fn text(name: &str) -> String {
    Built::get(name).map(|file| String::from_utf8_lossy(&file.data).into_owned()).unwrap_or_default()
}

/// The one style sheet of the page.
pub(super) fn style_sheet() -> String {
    asset("index-", ".css")
}

pub(super) fn icon() -> String {
    asset("icon-", ".svg")
}

/// One that Vite named by its content.
fn asset(name: &str, ending: &str) -> String {
    let start = format!("assets/{name}");
    files().find(|name| name.starts_with(&start) && name.ends_with(ending)).unwrap_or_default()
}

/// What the page says, by language and by key.
pub(super) fn texts() -> BTreeMap<String, BTreeMap<String, String>> {
    let read = |name: &str| serde_json::from_str(&text(name)).unwrap_or_default();
    let language = |name: &str| name.strip_prefix(TEXTS)?.strip_suffix(".json").map(str::to_owned);
    Built::iter().filter_map(|name| Some((language(&name)?, read(&name)))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_was_built_whole() {
        assert!(text(INDEX).starts_with("<!doctype html>"));
        let ends_in = |ending| files().filter(|name| name.ends_with(ending)).count();
        assert_eq!((ends_in(".css"), ends_in(".html"), ends_in(".json")), (1, 0, 0));
        assert!(!style_sheet().is_empty() && !icon().is_empty());
        let texts = texts();
        assert!(texts.contains_key("en"));
        assert!(texts.values().all(|texts| !texts.is_empty()), "each file is an object of texts");
    }
}
