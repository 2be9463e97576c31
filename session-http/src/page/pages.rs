//! The pages in each language, as far as they are the same for everybody.

use std::borrow::Cow;
use std::collections::BTreeMap;

use http::header::{CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_TYPE, SET_COOKIE, VARY};
use http::{HeaderMap, HeaderValue};
use serde::Serialize;

use super::seen::{self, Seen};
use super::settings::PageSettings;
use super::template::Template;
use super::texts::filled_in;
use super::{brand, built, escape, language};
use crate::answer::Answer;
use crate::path_prefix::PathPrefix;
use crate::problem::{Problem, Reason};

const SIGNED_IN: &str = include_str!("signed_in.html");
const NOT_FOUND: &str = include_str!("not_found.html");

/// Between these the page has its own logo.
const LOGO: [&str; 2] = ["<!--logo-->", "<!--/logo-->"];

/// Where the sign-in form leads to: the page itself.
const WELCOME: &str = "/#welcome";

/// Everything that is decided once.
#[derive(Debug)]
pub(crate) struct Pages {
    settings: PageSettings,
    welcome: String,
    languages: Vec<Localised>,
}

#[derive(Debug)]
struct Localised {
    language: String,
    index: Template,
    signed_in: Template,
    texts: BTreeMap<String, String>,
    not_found: String,
    not_shown: String,
}

/// What the script of the page is told.
#[derive(Serialize)]
struct Told<'p> {
    service: &'p str,
    developer: bool,
    session: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Reason>,
}

impl Pages {
    pub(crate) fn new(settings: PageSettings, prefix: &PathPrefix) -> Self {
        let languages = settings.texts.languages();
        let languages = languages.into_iter().map(|language| Localised::of(language, &settings, prefix));
        Self { languages: languages.collect(), welcome: prefix.of(WELCOME), settings }
    }

    /// What the operator has put beside the page.
    pub(super) fn brand_files(&self) -> Vec<(&'static str, Answer)> {
        brand::files(&self.settings)
    }

    /// The page for one visitor, whose form leads to where `?next=` says, or else to the page itself. The form checks
    /// that when it is sent.
    pub(super) fn index(&self, headers: &HeaderMap, query: &str, seen: &Seen) -> Answer {
        let localised = self.localised(headers);
        let next = next(query);
        let html = localised.index.render(|mark| match mark {
            "next" => Some(next.as_deref().unwrap_or(&self.welcome).into()),
            "settings" => Some(escape::json(&self.told(seen)).into()),
            "html_attributes" => Some(attributes(seen, next.is_some()).into()),
            "signed_in" => Some(localised.signed_in(&self.settings.name, seen)?.into()),
            _ => None,
        });
        let mut answer = Answer::new(html.into());
        let answered = answer.headers_mut();
        answered.insert(CACHE_CONTROL, HeaderValue::from_static("no-store, private"));
        answered.insert(VARY, HeaderValue::from_static("Cookie, Accept-Language"));
        dress(answered, localised);
        if let Seen::Absent { cookies, .. } = seen {
            for cookie in cookies {
                answered.append(SET_COOKIE, cookie.clone());
            }
        }
        answer
    }

    /// A refusal with its status and headers, for somebody to look at.
    pub(crate) fn refusal(&self, headers: &HeaderMap, problem: Problem) -> Answer {
        let localised = self.localised(headers);
        let html = if problem.status() == http::StatusCode::NOT_FOUND {
            &localised.not_found
        } else {
            &localised.not_shown
        };
        let mut answer = problem.into_answer().map(|_| html.clone().into());
        let answered = answer.headers_mut();
        answered.append(VARY, HeaderValue::from_static("Accept, Accept-Language, Sec-Fetch-Dest"));
        dress(answered, localised);
        answer
    }

    fn localised(&self, headers: &HeaderMap) -> &Localised {
        let offered: Vec<_> = self.languages.iter().map(|localised| localised.language.as_str()).collect();
        let chosen = language::choose(headers, &offered);
        let found = self.languages.iter().find(|localised| localised.language == chosen);
        // One of those that are offered is chosen, and there is always one.
        found.unwrap_or(&self.languages[0])
    }

    fn told(&self, seen: &Seen) -> Told<'_> {
        Told {
            service: &self.settings.name,
            developer: self.settings.developer,
            session: seen.name(),
            reason: match seen {
                Seen::Absent { reason, .. } => Some(*reason),
                _ => None,
            },
        }
    }
}

impl Localised {
    fn of(language: &str, settings: &PageSettings, prefix: &PathPrefix) -> Self {
        let texts = settings.texts.of(language).clone();
        let say = |key: &str| {
            let service = |name: &str| (name == "service").then_some(settings.name.as_str());
            texts.get(key).map(|text| filled_in(text, service))
        };
        let index = index_template(settings).filled_in(|mark| match mark {
            "language" => Some(language.to_owned().into()),
            "service" => Some(settings.name.clone().into()),
            "brand" => Some(brand::link(settings, "").into()),
            "texts" => Some(escape::json(&texts).into()),
            "help" => Some(help_link(settings, &say("help_link").unwrap_or_default()).into()),
            key => say(key).map(Cow::Owned),
        });
        let base = prefix.of("/");
        let refusal = |title: &str, text: &str| {
            Template::of(NOT_FOUND).render(|mark| match mark {
                "language" => Some(language.to_owned().into()),
                "service" => Some(settings.name.clone().into()),
                "title" => say(title).map(Cow::Owned),
                "text" => say(text).map(Cow::Owned),
                "home" => Some(base.clone().into()),
                "icon" => Some(format!("{base}{}", built::icon()).into()),
                "style_sheet" => Some(format!("{base}{}", built::style_sheet()).into()),
                "brand" => Some(brand::link(settings, &base).into()),
                "logo" => Some(brand::logo(settings, &base).unwrap_or_else(|| own_logo(&base)).into()),
                key => say(key).map(Cow::Owned),
            })
        };
        Self {
            language: language.to_owned(),
            index,
            signed_in: Template::of(SIGNED_IN),
            not_found: refusal("not_found_title", "not_found_text"),
            not_shown: refusal("not_shown_title", "not_shown_text"),
            texts,
        }
    }

    /// What somebody who is signed in sees without scripts.
    fn signed_in(&self, service: &str, seen: &Seen) -> Option<String> {
        let Seen::Present(session) = seen else { return None };
        let value = |name: &str| match name {
            "service" => Some(service),
            "subject" => Some(seen::name_of(session)),
            _ => None,
        };
        let html = self.signed_in.render(|mark| match mark {
            "since" => Some(seen::time(session.record().created_at).into()),
            "idle" => Some(seen::time(session.live().idle_expires_at()).into()),
            "absolute" => Some(seen::time(session.record().absolute_expires_at).into()),
            key => self.texts.get(key).map(|text| filled_in(text, value).into()),
        });
        Some(html)
    }
}

/// The page that was built, with the operator's logo in place of its own.
fn index_template(settings: &PageSettings) -> Template {
    let html = built::text(built::INDEX);
    let Some(logo) = brand::logo(settings, "") else { return Template::of(&html) };
    let with_logo = || {
        let (before, rest) = html.split_once(LOGO[0])?;
        let (_, after) = rest.split_once(LOGO[1])?;
        Some(format!("{before}{logo}{after}"))
    };
    Template::of(&with_logo().unwrap_or_else(|| html.clone()))
}

/// The link beneath the form, where there is help.
fn help_link(settings: &PageSettings, text: &str) -> String {
    let link = |url: &String| {
        format!("<p class=\"help\"><a href=\"{}\">{}</a></p>", escape::html(url), escape::html(text))
    };
    settings.help_url.as_ref().map(link).unwrap_or_default()
}

fn own_logo(base: &str) -> String {
    format!("<img src=\"{base}{}\" alt=\"\" width=\"28\" height=\"28\">", built::icon())
}

/// By this the style sheet knows that the form is not needed without scripts. Who is signed in and was sent here on the
/// way to another page is to enter the password once more.
const fn attributes(seen: &Seen, is_on_the_way: bool) -> &'static str {
    match seen {
        Seen::Present(_) if !is_on_the_way => "data-signed-in",
        _ => "",
    }
}

/// Where the visitor wants to go.
fn next(query: &str) -> Option<String> {
    let fields: Vec<(String, String)> = serde_urlencoded::from_str(query).unwrap_or_default();
    let next = fields.into_iter().find(|(name, next)| name == "next" && !next.is_empty());
    next.map(|(_, next)| next)
}

fn dress(headers: &mut HeaderMap, localised: &Localised) {
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    if let Ok(language) = HeaderValue::try_from(&localised.language) {
        headers.insert(CONTENT_LANGUAGE, language);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mark_has_a_text_in_every_language() {
        let settings = PageSettings::new();
        let pages = Pages::new(settings.clone(), &PathPrefix::default());
        for localised in &pages.languages {
            let later: Vec<_> = localised.index.marks().collect();
            for mark in ["html_attributes", "settings", "next", "signed_in"] {
                assert_eq!(later.iter().filter(|later| **later == mark).count(), 1, "{mark}");
            }
            assert_eq!(later.len(), 4, "nobody fills in all of {later:?}");
            let values = ["since", "idle", "absolute"];
            let mut said = localised.signed_in.marks().filter(|mark| !values.contains(mark));
            assert_eq!(said.find(|key| !localised.texts.contains_key(*key)), None);
        }
        let values = ["language", "service", "title", "text", "home", "icon", "style_sheet", "brand", "logo"];
        let not_found = Template::of(NOT_FOUND);
        let mut said = not_found.marks().filter(|mark| !values.contains(mark));
        let keys = ["not_found_title", "not_found_text", "not_shown_title", "not_shown_text", "help_link"];
        let texts = settings.texts.of("en");
        assert_eq!(said.find(|key| !texts.contains_key(*key)), None);
        assert_eq!(keys.into_iter().find(|key| !texts.contains_key(*key)), None);
    }

    #[test]
    fn the_page_has_a_place_for_a_logo() {
        let html = built::text(built::INDEX);
        assert!(LOGO.iter().all(|mark| html.matches(mark).count() == 1));
    }

    #[test]
    fn the_form_leads_to_where_it_was_asked_for() {
        for (query, expected) in [
            ("", None),
            ("next=", None),
            ("a=b&next=/orders/7%3Fa%3Db%26c", Some("/orders/7?a=b&c")),
            ("next=%22%3E&next=/", Some("\">")),
        ] {
            assert_eq!(next(query).as_deref(), expected, "{query}");
        }
    }
}
