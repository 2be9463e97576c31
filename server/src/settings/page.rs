use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Args;
use session_http::PageSettings;

use super::sources::{line_at, told};
use super::values::Switch;
use crate::Result;

/// More than anybody writes.
const MAX_TEXTS_LENGTH: usize = 1024 * 1024;

/// How the page shows whose it is. Files are read at the start.
#[derive(Args, Debug)]
#[command(next_help_heading = "The page")]
pub(crate) struct Page {
    /// Name of the service, as the page says it [default: Session]
    #[arg(long = "page-name", env = "SESSION_PAGE_NAME", value_name = "NAME")]
    name: Option<String>,

    /// A file with the logo beside that name, in SVG or PNG, of 256 KiB at most [default: ours]
    #[arg(long = "page-logo", env = "SESSION_PAGE_LOGO", value_name = "FILE")]
    logo: Option<PathBuf>,

    /// Colour of the page's buttons and links, such as `#0f766e`; text in it needs a contrast of 4.5:1
    /// [default: ours]
    #[arg(long = "page-accent", env = "SESSION_PAGE_ACCENT", value_name = "COLOUR")]
    accent: Option<String>,

    /// The same where a browser prefers a dark page [default: ours]
    #[arg(long = "page-accent-dark", env = "SESSION_PAGE_ACCENT_DARK", value_name = "COLOUR")]
    accent_dark: Option<String>,

    /// URL of help for who has forgotten the password, to which the page then has a link [default: none]
    #[arg(long = "page-help-url", env = "SESSION_PAGE_HELP_URL", value_name = "URL")]
    help_url: Option<String>,

    /// A TOML file with texts in place of the page's own: a table for each language, such as `[en]`
    #[arg(long = "page-texts", env = "SESSION_PAGE_TEXTS", value_name = "FILE")]
    texts: Option<PathBuf>,

    /// Shows on the page what developers want to see: the statement, the data, the inspector
    #[arg(
        long = "page-developer",
        env = "SESSION_PAGE_DEVELOPER",
        value_enum,
        default_value_t = Switch::Off,
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "on"
    )]
    developer: Switch,
}

impl Page {
    pub(crate) fn settings(&self) -> Result<PageSettings> {
        let mut page = PageSettings::new().developer(self.developer.is_on());
        if let Some(name) = &self.name {
            page = page.name(name).map_err(|error| format!("`--page-name`: {error}"))?;
        }
        if let Some(path) = &self.logo {
            let logo = read("page logo", path, PageSettings::MAX_LOGO_LENGTH)?;
            page = page.logo(logo).map_err(|error| format!("page logo `{}`: {error}", path.display()))?;
        }
        if let Some(colour) = &self.accent {
            page = page.accent(colour).map_err(|error| format!("`--page-accent`: {error}"))?;
        }
        if let Some(colour) = &self.accent_dark {
            page = page.accent_dark(colour).map_err(|error| format!("`--page-accent-dark`: {error}"))?;
        }
        if let Some(url) = &self.help_url {
            page = page.help_url(url).map_err(|error| format!("`--page-help-url`: {error}"))?;
        }
        if let Some(path) = &self.texts {
            let texts = page.texts(read_texts(path)?);
            page = texts.map_err(|error| format!("page texts `{}`: {error}", path.display()))?;
        }
        Ok(page)
    }
}

fn read_texts(path: &Path) -> Result<BTreeMap<String, BTreeMap<String, String>>> {
    let shown = path.display();
    let text = read("page texts", path, MAX_TEXTS_LENGTH)?;
    let text = String::from_utf8(text).map_err(|_| format!("page texts `{shown}` are not UTF-8"))?;
    let texts = toml::from_str(&text).map_err(|error: toml::de::Error| {
        let (number, line) = line_at(&text, error.span().map_or(0, |span| span.start));
        let why = told(error.message());
        format!(
            "page texts `{shown}` are not a table of texts for each language, line {number}: `{line}`: {why}"
        )
    });
    Ok(texts?)
}

fn read(kind: &str, path: &Path, max_length: usize) -> Result<Vec<u8>> {
    let shown = path.display();
    let mut content = Vec::new();
    let read = File::open(path).and_then(|file| file.take(max_length as u64 + 1).read_to_end(&mut content));
    read.map_err(|error| format!("{kind} `{shown}` cannot be read: {error}"))?;
    if content.len() > max_length {
        return Err(format!("{kind} `{shown}` is longer than {} KiB", max_length / 1024).into());
    }
    Ok(content)
}
