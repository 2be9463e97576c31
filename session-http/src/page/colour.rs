//! Colours, and whether one can be read on another (WCAG 2.2).

use std::fmt;
use std::str::FromStr;

/// In sRGB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Colour([u8; 3]);

impl Colour {
    const BLACK: Self = Self([0; 3]);
    const WHITE: Self = Self([255; 3]);

    /// As a style sheet that was built has it: with one digit for two that are the same.
    pub(super) fn of_css(text: &str) -> Option<Self> {
        match text.strip_prefix('#')? {
            short if short.len() == 3 => {
                format!("#{}", short.chars().flat_map(|digit| [digit, digit]).collect::<String>())
                    .parse()
                    .ok()
            }
            _ => text.parse().ok(),
        }
    }

    /// From 1, for the same, to 21, for black and white (WCAG 2.2, contrast ratio).
    pub(super) fn contrast(self, other: Self) -> f64 {
        let (one, other) = (self.luminance() + 0.05, other.luminance() + 0.05);
        one.max(other) / one.min(other)
    }

    /// Black or white, whichever is read better. One of them always has 4.58 and more.
    pub(super) fn text_on_it(self) -> Self {
        if self.contrast(Self::BLACK) > self.contrast(Self::WHITE) { Self::BLACK } else { Self::WHITE }
    }

    /// WCAG 2.2, relative luminance.
    fn luminance(self) -> f64 {
        let linear = |channel: u8| {
            let channel = f64::from(channel) / 255.0;
            if channel <= 0.040_45 { channel / 12.92 } else { ((channel + 0.055) / 1.055).powf(2.4) }
        };
        let [red, green, blue] = self.0.map(linear);
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }
}

/// `#rrggbb`.
impl FromStr for Colour {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6).ok_or(())?;
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(());
        }
        let [_, red, green, blue] = u32::from_str_radix(digits, 16).map_err(|_| ())?.to_be_bytes();
        Ok(Self([red, green, blue]))
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn colour(text: &str) -> Colour {
        text.parse().unwrap()
    }

    /// Values that other calculators of the standard give too.
    #[test]
    fn contrast_is_what_the_standard_says() {
        for (one, other, expected) in [
            ("#000000", "#ffffff", 21.0),
            ("#777777", "#ffffff", 4.478),
            ("#767676", "#ffffff", 4.542),
            ("#ff0000", "#ffffff", 3.998),
            ("#0000ff", "#ffffff", 8.592),
            ("#0f766e", "#0f766e", 1.0),
        ] {
            let ratio = colour(one).contrast(colour(other));
            assert!((ratio - expected).abs() < 0.001, "{one} on {other}: {ratio}");
        }
    }

    #[test]
    fn a_colour_has_six_digits() {
        assert_eq!(colour("#0F766e").to_string(), "#0f766e");
        for text in [
            "",
            "#",
            "0f766e",
            "#0f766",
            "#0f766ee",
            "#0f766g",
            "#+f766e",
            "red",
            "#fff",
            "#\u{e4}\u{e4}\u{e4}",
        ] {
            assert_eq!(text.parse::<Colour>(), Err(()), "{text}");
        }
        assert_eq!(Colour::of_css("#fa0"), Some(colour("#ffaa00")));
        assert_eq!(Colour::of_css("#0f766e"), Some(colour("#0f766e")));
        assert_eq!(Colour::of_css("#ggg"), None);
    }

    proptest! {
        #[test]
        fn text_on_any_colour_can_be_read(channels in any::<[u8; 3]>()) {
            let colour = Colour(channels);
            prop_assert!(colour.contrast(colour.text_on_it()) >= 4.5);
        }
    }
}
