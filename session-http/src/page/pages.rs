//! The pages in each language, and as far as they are the same for everybody.

use std::collections::BTreeMap;

use http::header::{CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_TYPE, SET_COOKIE, VARY};
use http::{HeaderMap, HeaderValue, StatusCode};
use minijinja::value::Serde;
use minijinja::{Value, context};
use serde::Serialize;

use super::seen::{self, Seen};
use super::settings::PageSettings;
use super::templates::{INDEX, REFUSAL, SIGNED_IN, Templates};
use super::texts::filled_in;
use super::{brand, built};
use crate::answer::Answer;
use crate::language;
use crate::path_prefix::PathPrefix;
use crate::problem::{Problem, Reason};

/// Where the sign-in form leads to: the page itself.
const WELCOME: &str = "/#welcome";

/// Everything that is decided once.
#[derive(Debug)]
pub(crate) struct Pages {
    settings: PageSettings,
    templates: Templates,
    welcome: String,
    languages: Vec<Localised>,
}

#[derive(Debug)]
struct Localised {
    language: String,
    texts: BTreeMap<String, String>,
    /// What the page is filled in with for everybody, and what is there instead of one.
    page: Value,
    refusal: Value,
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
        Self {
            languages: languages.collect(),
            templates: Templates::new(brand::logo(&settings, "").as_deref()),
            welcome: prefix.of(WELCOME),
            settings,
        }
    }

    /// What the operator has put beside the page.
    pub(super) fn brand_files(&self) -> Vec<(&'static str, Answer)> {
        brand::files(&self.settings)
    }

    /// The page for one visitor, whose form leads to where `?next=` says, or else to the page itself. The form checks
    /// that when it is sent.
    pub(super) fn index(&self, headers: &HeaderMap, query: &str, seen: &Seen) -> Result<Answer, Problem> {
        let localised = self.localised(headers);
        let next = next(query);
        let values = context! {
            next => next.as_deref().unwrap_or(&self.welcome),
            settings => Serde(self.told(seen)),
            html_attributes => attributes(seen, next.is_some()),
            name_attributes => name_attributes(seen),
            signed_in => self.signed_in(localised, seen)?,
            ..localised.page.clone()
        };
        let html = self.templates.render(INDEX, values)?;
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
        Ok(answer)
    }

    /// A refusal with its status and headers, for somebody to look at.
    pub(crate) fn refusal(&self, headers: &HeaderMap, problem: Problem) -> Answer {
        let localised = self.localised(headers);
        let [title, text] = if problem.status() == StatusCode::NOT_FOUND {
            ["not_found_title", "not_found_text"]
        } else {
            ["not_shown_title", "not_shown_text"]
        };
        let say = |key| localised.say(key, &self.settings.name);
        let values = context! { title => say(title), text => say(text), ..localised.refusal.clone() };
        let Ok(html) = self.templates.render(REFUSAL, values) else { return problem.into_answer() };
        let mut answer = problem.into_answer().map(|_| html.into());
        let answered = answer.headers_mut();
        answered.append(VARY, HeaderValue::from_static("Accept, Accept-Language, Sec-Fetch-Dest"));
        dress(answered, localised);
        answer
    }

    /// What somebody who is signed in sees without scripts.
    fn signed_in(&self, localised: &Localised, seen: &Seen) -> Result<Value, Problem> {
        let Seen::Present(session) = seen else { return Ok(Value::UNDEFINED) };
        let value = |name: &str| match name {
            "service" => Some(self.settings.name.as_str()),
            "subject" => Some(seen::name_of(session)),
            _ => None,
        };
        let texts: BTreeMap<_, _> =
            localised.texts.iter().map(|(key, text)| (key.clone(), filled_in(text, value))).collect();
        let values = context! {
            since => markup(seen::time(session.record().created_at)),
            idle => markup(seen::time(session.live().idle_expires_at())),
            absolute => markup(seen::time(session.record().absolute_expires_at)),
            ..Value::from(texts)
        };
        self.templates.render(SIGNED_IN, values).map(markup)
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
        let mut localised = Self {
            language: language.to_owned(),
            texts: settings.texts.of(language).clone(),
            page: Value::UNDEFINED,
            refusal: Value::UNDEFINED,
        };
        let service = &settings.name;
        let said: BTreeMap<_, _> =
            localised.texts.keys().map(|key| (key.clone(), localised.say(key, service))).collect();
        let said = Value::from(said);
        let help = settings
            .help_url
            .as_ref()
            .map(|url| context! { url, text => localised.say("help_link", service) });
        let base = prefix.of("/");
        let logo = brand::logo(settings, &base).unwrap_or_else(|| own_logo(&base));
        localised.page = context! {
            language,
            service,
            help,
            brand => markup(brand::link(settings, "")),
            texts => localised.texts.clone(),
            ..said.clone()
        };
        localised.refusal = context! {
            language,
            service,
            brand => markup(brand::link(settings, &base)),
            logo => markup(logo),
            icon => markup(built::icon()),
            style_sheet => markup(built::style_sheet()),
            base => markup(base),
            ..said
        };
        localised
    }

    /// A text, with the name of the service in it.
    fn say(&self, key: &str, service: &str) -> String {
        let text = self.texts.get(key).map(String::as_str).unwrap_or_default();
        filled_in(text, |name| (name == "service").then_some(service))
    }
}

fn own_logo(base: &str) -> String {
    format!("<img src=\"{base}{}\" alt=\"\" width=\"28\" height=\"28\">", built::icon())
}

/// Ours, and nothing of it is escaped.
fn markup(html: String) -> Value {
    Value::from_safe_string(html)
}

/// By this the style sheet knows that the form is not needed without scripts. Who is signed in and was sent here on the
/// way to another page is to enter the password once more.
const fn attributes(seen: &Seen, is_on_the_way: bool) -> &'static str {
    match seen {
        Seen::Present(_) if !is_on_the_way => "data-signed-in",
        _ => "",
    }
}

/// The script shows the form to everybody else later, and has the field focused then.
const fn name_attributes(seen: &Seen) -> &'static str {
    match seen {
        Seen::Absent { .. } => "autofocus",
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
    fn every_mark_is_filled_in_in_every_language() {
        let pages = Pages::new(PageSettings::new(), &PathPrefix::default());
        let for_one = ["next", "settings", "html_attributes", "name_attributes", "signed_in", "help"];
        for localised in &pages.languages {
            for (template, values, others) in [
                (INDEX, &localised.page, &for_one[..]),
                (REFUSAL, &localised.refusal, &["title", "text"]),
                (SIGNED_IN, &localised.page, &["since", "idle", "absolute"]),
            ] {
                let marks = pages.templates.marks(template);
                let is_known =
                    |mark: &str| others.contains(&mark) || !values.get_attr(mark).unwrap().is_undefined();
                let unknown: Vec<_> = marks.iter().filter(|mark| !is_known(mark)).collect();
                assert!(
                    !marks.is_empty() && unknown.is_empty(),
                    "{template}, {}: {unknown:?}",
                    localised.language
                );
                assert!(
                    others.iter().all(|other| marks.contains(*other)),
                    "{template} wants all of {others:?}"
                );
            }
        }
        let texts = &pages.languages[0].texts;
        let keys = ["not_found_title", "not_found_text", "not_shown_title", "not_shown_text", "help_link"];
        assert_eq!(keys.into_iter().find(|key| !texts.contains_key(*key)), None);
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
