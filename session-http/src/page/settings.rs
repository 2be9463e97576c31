use std::collections::BTreeMap;

use url::Url;

use super::logo::{self, Logo};
use super::palette::{Accent, Scheme};
use super::texts::Texts;
use crate::next;

const MAX_NAME_LENGTH: usize = 64;

/// How the page shows whose it is. Each setting is checked as it is given.
#[derive(Clone, Debug)]
#[must_use]
pub struct PageSettings {
    pub(super) name: String,
    pub(super) logo: Option<Logo>,
    pub(super) accent: Accent,
    pub(super) help_url: Option<String>,
    pub(super) texts: Texts,
    pub(super) developer: bool,
}

impl PageSettings {
    /// What the service is called unless it is said.
    pub const DEFAULT_NAME: &str = "Session";

    /// The longest logo, in bytes.
    pub const MAX_LOGO_LENGTH: usize = logo::MAX_LENGTH;

    /// The page as it was built.
    pub fn new() -> Self {
        Self {
            name: Self::DEFAULT_NAME.to_owned(),
            logo: None,
            accent: Accent::default(),
            help_url: None,
            texts: Texts::built(),
            developer: false,
        }
    }

    /// What the service is called.
    ///
    /// # Errors
    /// When it is nothing, too long, or of more than one line.
    pub fn name(self, name: &str) -> Result<Self, InvalidPageSetting> {
        let is_shown = !name.trim().is_empty() && !name.chars().any(char::is_control);
        if !is_shown || name.chars().count() > MAX_NAME_LENGTH {
            return Err(InvalidPageSetting::Name);
        }
        Ok(Self { name: name.to_owned(), ..self })
    }

    /// An image beside that name: the content of a file in SVG or PNG, of 256 KiB at most. Nothing in it is run.
    ///
    /// # Errors
    /// When it is neither, or too long.
    pub fn logo(self, content: impl Into<Vec<u8>>) -> Result<Self, InvalidPageSetting> {
        Ok(Self { logo: Some(Logo::of(content.into())?), ..self })
    }

    /// The colour of buttons and links in the light scheme, such as `#0f766e`. The text on it is black or white.
    ///
    /// # Errors
    /// When it is no colour, or cannot be read on the page: it needs a contrast of 4.5:1 (WCAG 2.2, 1.4.3).
    pub fn accent(self, colour: &str) -> Result<Self, InvalidPageSetting> {
        Ok(Self { accent: self.accent.with(colour, Scheme::Light)?, ..self })
    }

    /// The same in the dark scheme.
    ///
    /// # Errors
    /// As [`accent`](Self::accent).
    pub fn accent_dark(self, colour: &str) -> Result<Self, InvalidPageSetting> {
        Ok(Self { accent: self.accent.with(colour, Scheme::Dark)?, ..self })
    }

    /// Where help is for who cannot sign in: a URL with `https`, `http` or `mailto`, or a path of this site.
    ///
    /// # Errors
    /// When it is none of these.
    pub fn help_url(self, url: &str) -> Result<Self, InvalidPageSetting> {
        let is_path = next::local(url).is_some();
        let is_url = Url::parse(url).is_ok_and(|url| {
            let names_nobody = url.username().is_empty() && url.password().is_none();
            matches!(url.scheme(), "https" | "http" | "mailto") && names_nobody
        });
        let is_plain = !url.contains(|char: char| char.is_whitespace() || char.is_control());
        if !is_plain || !(is_path || is_url) {
            return Err(InvalidPageSetting::HelpUrl);
        }
        Ok(Self { help_url: Some(url.to_owned()), ..self })
    }

    /// Texts in place of the page's own, by language and by key. A text may have the values that the page's own has,
    /// and `{service}`.
    ///
    /// # Errors
    /// When there is no such language or key, or a text has a value that nobody fills in.
    pub fn texts(self, own: BTreeMap<String, BTreeMap<String, String>>) -> Result<Self, InvalidPageSetting> {
        Ok(Self { texts: self.texts.with(own)?, ..self })
    }

    /// Whether the page shows what developers want to see: the statement, the data, the inspector.
    pub fn developer(self, developer: bool) -> Self {
        Self { developer, ..self }
    }
}

impl Default for PageSettings {
    fn default() -> Self {
        Self::new()
    }
}

/// Why something cannot be shown on the page.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidPageSetting {
    /// The service would have no name that can be shown.
    #[error("expected a name of 1 to {} characters in one line", MAX_NAME_LENGTH)]
    Name,
    /// It is no image that the page can show.
    #[error("expected an image in PNG, or in SVG with `svg` and its namespace as its first element")]
    Logo,
    /// The image is larger than any logo.
    #[error("expected an image of {} KiB at most", logo::MAX_LENGTH / 1024)]
    LogoTooLong,
    /// It is no colour.
    #[error("expected a colour in six digits, such as `#0f766e`")]
    Colour,
    /// Links and buttons of that colour could not be read.
    #[error(
        "{colour} has a contrast of {ratio}:1 to {background}, the page's `--{name}` in the {scheme} scheme, and at \
         least 4.5:1 is needed for text (WCAG 2.2, 1.4.3)"
    )]
    LowContrast {
        /// The one that was asked for.
        colour: String,
        /// Its contrast, with two digits.
        ratio: String,
        /// The colour that it would stand on.
        background: String,
        /// What the style sheet calls that one.
        name: String,
        /// `light` or `dark`.
        scheme: &'static str,
    },
    /// The page that was built does not say what colours stand on.
    #[error("the page was built without a colour `--{0}` that is written as `light-dark(#…, #…)`")]
    NoBackground(String),
    /// It leads nowhere.
    #[error(
        "expected a URL with https, http or mailto, or a path that begins with a slash, without a user or spaces"
    )]
    HelpUrl,
    /// The page has no such language.
    #[error("unknown language `{language}`, expected {known}")]
    UnknownLanguage {
        /// The language.
        language: String,
        /// Those that there are.
        known: String,
    },
    /// The page has no such text.
    #[error("unknown text `{key}` of language `{language}`; the keys are those of `web/texts/en.json`")]
    UnknownText {
        /// The language.
        language: String,
        /// The key.
        key: String,
    },
    /// A text has a value that nobody fills in.
    #[error(
        "text `{key}` of language `{language}` has an unknown value `{{{value}}}`, expected {known} or none"
    )]
    UnknownValue {
        /// The language.
        language: String,
        /// The key.
        key: String,
        /// The value.
        value: String,
        /// Those that it may have.
        known: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_something_in_one_line() {
        for name in ["Acme", "株式会社", "<script>", &"x".repeat(64)] {
            assert_eq!(PageSettings::new().name(name).unwrap().name, name);
        }
        for name in ["", " ", "a\nb", "a\u{85}", &"x".repeat(65)] {
            assert_eq!(PageSettings::new().name(name).unwrap_err(), InvalidPageSetting::Name, "{name:?}");
        }
    }

    #[test]
    fn help_is_behind_a_link_and_no_script() {
        for url in
            ["https://acme.example/help?a=b#c", "http://localhost:1", "mailto:help@acme.example", "/help"]
        {
            assert_eq!(PageSettings::new().help_url(url).unwrap().help_url.as_deref(), Some(url));
        }
        for url in [
            "",
            "help",
            "//acme.example",
            "/\\acme.example",
            "javascript:alert(1)",
            "java\nscript:alert(1)",
            "data:text/html,x",
            "https://user:password@acme.example",
            " https://acme.example",
            "https://acme.example/a b",
            "https:",
        ] {
            assert_eq!(
                PageSettings::new().help_url(url).unwrap_err(),
                InvalidPageSetting::HelpUrl,
                "{url:?}"
            );
        }
    }
}
