//! The markup of the pages, whose marks are filled in by minijinja: a value is escaped, unless it says that it is
//! markup.

use minijinja::{Environment, Value};

use super::built;
use crate::problem::Problem;

/// The page that was built.
pub(super) const INDEX: &str = "index.html";

/// What stands in it for who is signed in and has no scripts.
pub(super) const SIGNED_IN: &str = "signed_in.html";

/// What there is instead of a page.
pub(super) const REFUSAL: &str = "refusal.html";

/// Between these the page has its own logo.
const LOGO: [&str; 2] = ["<!--logo-->", "<!--/logo-->"];

#[derive(Debug)]
pub(super) struct Templates(Environment<'static>);

impl Templates {
    /// Those of the page, with this markup in place of its own logo.
    pub(super) fn new(logo: Option<&str>) -> Self {
        let index = built::text(built::INDEX);
        let index = logo.and_then(|logo| with_logo(&index, logo)).unwrap_or(index);
        let mut environment = Environment::new();
        let ours = [
            (INDEX, index),
            (SIGNED_IN, include_str!("signed_in.html").to_owned()),
            (REFUSAL, include_str!("refusal.html").to_owned()),
        ];
        for (name, template) in ours {
            if let Err(error) = environment.add_template_owned(name, template) {
                tracing::error!(%error, "page was built with a template that is none: build it anew");
            }
        }
        Self(environment)
    }

    /// Markup. Where there is no value, there is nothing.
    ///
    /// # Errors
    /// When there is no such template.
    pub(super) fn render(&self, name: &str, values: Value) -> Result<String, Problem> {
        let rendered = self.0.get_template(name).and_then(|template| template.render(values));
        rendered.map_err(|error| {
            tracing::error!(%error, "page cannot be shown: build it anew");
            Problem::no_page()
        })
    }

    /// What a template wants to be told.
    #[cfg(test)]
    pub(super) fn marks(&self, name: &str) -> std::collections::BTreeSet<String> {
        self.0.get_template(name).unwrap().undeclared_variables(false).into_iter().collect()
    }
}

fn with_logo(html: &str, logo: &str) -> Option<String> {
    let (before, rest) = html.split_once(LOGO[0])?;
    let (_, after) = rest.split_once(LOGO[1])?;
    Some(format!("{before}{logo}{after}"))
}

#[cfg(test)]
mod tests {
    use minijinja::context;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_page_has_a_place_for_a_logo() {
        let html = built::text(built::INDEX);
        assert!(LOGO.iter().all(|mark| html.matches(mark).count() == 1));
        let shown = Templates::new(Some("<b>")).render(INDEX, context! {}).unwrap();
        assert!(shown.contains("<b>") && !shown.contains(LOGO[0]));
    }

    proptest! {
        #[test]
        fn no_value_leaves_its_place(text in "\\PC*") {
            let mut environment = Environment::new();
            environment.add_template("x.html", "{{a}}\n{{a|tojson}}").unwrap();
            let rendered = environment.get_template("x.html").unwrap().render(context! { a => text.clone() }).unwrap();
            let (html, json) = rendered.split_once('\n').unwrap();
            prop_assert!(!html.contains(['<', '>', '"', '\'']));
            prop_assert!(!json.contains('<'));
            prop_assert_eq!(serde_json::from_str::<String>(json).unwrap(), text);
        }
    }
}
