//! The colours of the page: its own, which stand in its style sheet and nowhere else, and an operator's.

use super::built;
use super::colour::Colour;
use super::settings::InvalidPageSetting;

/// For text (WCAG 2.2, 1.4.3), which links in this colour are.
const NEEDED: f64 = 4.5;

/// What links and buttons stand on, as the style sheet names it.
const BACKGROUNDS: [&str; 3] = ["page", "card", "notice-ground"];

/// Which of two colours a browser takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scheme {
    Light,
    Dark,
}

/// What links and buttons have, where it is not the page's own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Accent {
    pub(super) light: Option<Colour>,
    pub(super) dark: Option<Colour>,
}

impl Accent {
    /// The same with another colour in one scheme, if it can be read there.
    pub(super) fn with(self, text: &str, scheme: Scheme) -> Result<Self, InvalidPageSetting> {
        let colour = text.parse().map_err(|()| InvalidPageSetting::Colour)?;
        for name in BACKGROUNDS {
            hold(colour, scheme, name)?;
        }
        Ok(match scheme {
            Scheme::Light => Self { light: Some(colour), ..self },
            Scheme::Dark => Self { dark: Some(colour), ..self },
        })
    }

    /// A style sheet that sets them; none where nothing is set. It holds wherever it stands.
    pub(super) fn style_sheet(self) -> Option<String> {
        if self == Self::default() {
            return None;
        }
        let [light, dark] = [(self.light, Scheme::Light), (self.dark, Scheme::Dark)].map(|(own, scheme)| {
            let built = |name| built(name, scheme).map(|colour| colour.to_string()).unwrap_or_default();
            match own {
                Some(colour) => (colour.to_string(), colour.text_on_it().to_string()),
                None => (built("accent"), built("on-accent")),
            }
        });
        let (accent, on_accent) = (format!("{}, {}", light.0, dark.0), format!("{}, {}", light.1, dark.1));
        let rule = format!(
            ":root:root {{\n  --accent: light-dark({accent});\n  --on-accent: light-dark({on_accent});\n}}\n"
        );
        Some(rule)
    }
}

fn hold(colour: Colour, scheme: Scheme, name: &str) -> Result<(), InvalidPageSetting> {
    let background = built(name, scheme).ok_or_else(|| InvalidPageSetting::NoBackground(name.to_owned()))?;
    let ratio = colour.contrast(background);
    if ratio >= NEEDED {
        return Ok(());
    }
    let scheme = match scheme {
        Scheme::Light => "light",
        Scheme::Dark => "dark",
    };
    Err(InvalidPageSetting::LowContrast {
        colour: colour.to_string(),
        // Rounded down: what is shown as 4.50 would be enough.
        ratio: format!("{:.2}", (ratio * 100.0).floor() / 100.0),
        background: background.to_string(),
        name: name.to_owned(),
        scheme,
    })
}

/// A colour of the page that was built, which has each as `--name: light-dark(#…, #…)`.
fn built(name: &str, scheme: Scheme) -> Option<Colour> {
    in_sheet(&built::text(&built::style_sheet()), name, scheme)
}

fn in_sheet(sheet: &str, name: &str, scheme: Scheme) -> Option<Colour> {
    let (_, rest) = sheet.split_once(&format!("--{name}:"))?;
    let (both, _) = rest.trim_start().strip_prefix("light-dark(")?.split_once(')')?;
    let (light, dark) = both.split_once(',')?;
    Colour::of_css(match scheme {
        Scheme::Light => light.trim(),
        Scheme::Dark => dark.trim(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_colours_of_the_page_are_found_and_can_be_read_there() {
        for scheme in [Scheme::Light, Scheme::Dark] {
            let found =
                |name| built(name, scheme).unwrap_or_else(|| panic!("no --{name} in the style sheet"));
            let (accent, on_accent) = (found("accent"), found("on-accent"));
            assert!(accent.contrast(on_accent) >= NEEDED);
            Accent::default().with(&accent.to_string(), scheme).expect("a colour that can be read");
        }
    }

    #[test]
    fn a_colour_that_cannot_be_read_is_refused_with_the_numbers() {
        let page = built("page", Scheme::Light).unwrap();
        let error = Accent::default().with("#ff8800", Scheme::Light).unwrap_err().to_string();
        for part in ["#ff8800", "4.5:1", &page.to_string(), "--page", "light", "2.20:1"] {
            assert!(error.contains(part), "{part}: {error}");
        }
        assert!(Accent::default().with("#ff8800", Scheme::Dark).is_ok(), "each is for its own scheme");
        assert!(Accent::default().with("#1d4ed8", Scheme::Dark).is_err());
        assert_eq!(Accent::default().with("orange", Scheme::Light), Err(InvalidPageSetting::Colour));
    }

    #[test]
    fn what_is_not_set_stays_the_pages_own() {
        assert_eq!(Accent::default().style_sheet(), None);
        let one = Accent::default().with("#1D4ED8", Scheme::Light).unwrap().style_sheet().unwrap();
        let built = |name| built(name, Scheme::Dark).unwrap();
        assert!(one.contains(&format!("--accent: light-dark(#1d4ed8, {});", built("accent"))), "{one}");
        assert!(one.contains(&format!("--on-accent: light-dark(#ffffff, {});", built("on-accent"))), "{one}");
    }

    #[test]
    fn a_colour_is_found_as_it_is_written_or_built() {
        let found = |sheet| in_sheet(sheet, "page", Scheme::Dark).map(|colour| colour.to_string());
        assert_eq!(found(":root{--page:light-dark(#fff,#012)}").as_deref(), Some("#001122"));
        assert_eq!(found("  --page: light-dark(#ffffff, #0e1116);").as_deref(), Some("#0e1116"));
        assert_eq!(found("--pages:light-dark(#fff,#012)"), None);
        assert_eq!(found("--page:red"), None);
    }
}
