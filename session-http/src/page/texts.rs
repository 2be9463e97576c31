//! What the page says, in each language.

use std::collections::{BTreeMap, BTreeSet};

use super::built;
use super::settings::InvalidPageSetting;

/// Where a language lacks a text, and for whoever speaks none of them.
pub(super) const FALLBACK: &str = "en";

/// The value that every text may have.
const SERVICE: &str = "service";

/// By language and by key; each language has every key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Texts(BTreeMap<String, BTreeMap<String, String>>);

impl Texts {
    /// Those of the page that was built.
    pub(super) fn built() -> Self {
        let mut texts = built::texts();
        let fallback = texts.get(FALLBACK).cloned().unwrap_or_default();
        for language in texts.values_mut() {
            for (key, text) in &fallback {
                language.entry(key.clone()).or_insert_with(|| text.clone());
            }
        }
        Self(texts)
    }

    /// The same with some of an operator's own.
    pub(super) fn with(
        mut self,
        own: BTreeMap<String, BTreeMap<String, String>>,
    ) -> Result<Self, InvalidPageSetting> {
        for (language, texts) in own {
            let known: Vec<_> = self.0.keys().cloned().collect();
            let Some(built) = self.0.get_mut(&language) else {
                return Err(InvalidPageSetting::UnknownLanguage { language, known: known.join(", ") });
            };
            for (key, text) in texts {
                let Some(present) = built.get_mut(&key) else {
                    return Err(InvalidPageSetting::UnknownText { language, key });
                };
                *present = fitting(&language, &key, present, text)?;
            }
        }
        Ok(self)
    }

    /// The languages, the one for everybody first.
    pub(super) fn languages(&self) -> Vec<&str> {
        let others = self.0.keys().map(String::as_str).filter(|language| *language != FALLBACK);
        std::iter::once(FALLBACK).chain(others).collect()
    }

    /// All texts of a language.
    pub(super) fn of(&self, language: &str) -> &BTreeMap<String, String> {
        static NONE: BTreeMap<String, String> = BTreeMap::new();
        self.0.get(language).unwrap_or(&NONE)
    }
}

/// A text in place of another: it may have the values of that one, and no others, which nobody would fill in.
fn fitting(language: &str, key: &str, former: &str, text: String) -> Result<String, InvalidPageSetting> {
    let known: BTreeSet<_> = values_in(former).chain([SERVICE]).collect();
    let unknown = values_in(&text).find(|value| !known.contains(value)).map(str::to_owned);
    match unknown {
        None => Ok(text),
        Some(value) => Err(InvalidPageSetting::UnknownValue {
            language: language.to_owned(),
            key: key.to_owned(),
            value,
            known: known.iter().map(|value| format!("{{{value}}}")).collect::<Vec<_>>().join(", "),
        }),
    }
}

/// The text with its values, such as `{service}`, each of which is looked at once.
pub(super) fn filled_in<'v>(text: &str, value_of: impl Fn(&str) -> Option<&'v str>) -> String {
    let (mut filled, mut rest) = (String::new(), text);
    while let Some((before, name, after)) = next_value(rest) {
        filled.push_str(before);
        match value_of(name) {
            Some(value) => filled.push_str(value),
            None => filled.extend(["{", name, "}"]),
        }
        rest = after;
    }
    filled + rest
}

fn values_in(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (_, name, after) = next_value(rest)?;
        rest = after;
        Some(name)
    })
}

fn next_value(text: &str) -> Option<(&str, &str, &str)> {
    text.match_indices('{').find_map(|(at, _)| {
        let (name, after) = text.get(at + 1..)?.split_once('}')?;
        let is_name = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
        let is_value = !name.is_empty() && name.bytes().all(is_name);
        is_value.then(|| (text.get(..at).unwrap_or_default(), name, after))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(language: &str, key: &str, text: &str) -> Result<Texts, InvalidPageSetting> {
        let texts = BTreeMap::from([(key.to_owned(), text.to_owned())]);
        Texts::built().with(BTreeMap::from([(language.to_owned(), texts)]))
    }

    #[test]
    fn every_language_has_every_text() {
        let texts = Texts::built();
        assert_eq!(texts.languages().first(), Some(&FALLBACK));
        let keys = |language: &str| texts.of(language).keys().cloned().collect::<Vec<_>>();
        for language in texts.languages() {
            assert_eq!(keys(language), keys(FALLBACK), "{language}");
        }
    }

    #[test]
    fn a_text_of_ones_own_takes_the_place_of_that_key_and_no_other() {
        let texts = own("en", "help_link", "Ring {service} up").unwrap();
        assert_eq!(texts.of("en")["help_link"], "Ring {service} up");
        let others = |texts: &Texts| {
            let mut texts = texts.of("en").clone();
            texts.remove("help_link");
            texts
        };
        assert_eq!(others(&texts), others(&Texts::built()));
    }

    #[test]
    fn what_nobody_would_see_is_refused_by_its_name() {
        let told = |result: Result<Texts, InvalidPageSetting>| result.unwrap_err().to_string();
        let language = told(own("tlh", "help_link", "x"));
        assert!(language.contains("`tlh`") && language.contains("en"), "{language}");
        let key = told(own("en", "help_lnk", "x"));
        assert!(key.contains("`help_lnk`") && key.contains("`en`"), "{key}");
        let value = told(own("en", "no_script_signed_in", "{name}"));
        assert!(value.contains("`{name}`") && value.contains("{service}, {subject}"), "{value}");
    }

    #[test]
    fn a_value_is_filled_in_once_and_what_is_none_stays() {
        let value = |name: &str| match name {
            "a" => Some("{b}"),
            "b" => Some("{a}"),
            _ => None,
        };
        assert_eq!(filled_in("{a} and {b}, {c} {} { {A} {a", value), "{b} and {a}, {c} {} { {A} {a");
        assert_eq!(filled_in("{{a}}", value), "{{b}}");
    }
}
