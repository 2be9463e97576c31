//! An operator's logo.

use bytes::Bytes;

use super::settings::InvalidPageSetting;

/// Longer than any logo that is meant for a page.
pub(super) const MAX_LENGTH: usize = 256 * 1024;

const SVG_NAMESPACE: &str = "http://www.w3.org/2000/svg";

/// Its signature, and the first chunk that every one begins with (PNG, 5.2 and 11.2.1).
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR";

/// An image, by its content and not by its name.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Logo {
    kind: Kind,
    bytes: Bytes,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Svg,
    Png,
}

impl Logo {
    pub(super) fn of(bytes: Vec<u8>) -> Result<Self, InvalidPageSetting> {
        if bytes.len() > MAX_LENGTH {
            return Err(InvalidPageSetting::LogoTooLong);
        }
        let kind = if bytes.starts_with(PNG) {
            Kind::Png
        } else if std::str::from_utf8(&bytes).is_ok_and(is_svg) {
            Kind::Svg
        } else {
            return Err(InvalidPageSetting::Logo);
        };
        Ok(Self { kind, bytes: bytes.into() })
    }

    /// Where it is, beside the page.
    pub(super) const fn name(&self) -> &'static str {
        match self.kind {
            Kind::Svg => "brand/logo.svg",
            Kind::Png => "brand/logo.png",
        }
    }

    pub(super) const fn media_type(&self) -> &'static str {
        match self.kind {
            Kind::Svg => "image/svg+xml",
            Kind::Png => "image/png",
        }
    }

    pub(super) const fn bytes(&self) -> &Bytes {
        &self.bytes
    }
}

impl std::fmt::Debug for Logo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Logo({:?}, {} bytes)", self.kind, self.bytes.len())
    }
}

/// Whether the first element is an `svg` of that namespace. Whatever else is in it, browsers run nothing of it.
fn is_svg(text: &str) -> bool {
    let mut rest = text.trim_start_matches('\u{feff}').trim_start();
    loop {
        let after = if let Some(instruction) = rest.strip_prefix("<?") {
            instruction.split_once("?>")
        } else if let Some(comment) = rest.strip_prefix("<!--") {
            comment.split_once("-->")
        } else if let Some(doctype) = rest.strip_prefix("<!DOCTYPE") {
            // One that declares something of its own is none of a logo.
            doctype.split_once('>').filter(|(declared, _)| !declared.contains('['))
        } else {
            break;
        };
        let Some((_, after)) = after else { return false };
        rest = after.trim_start();
    }
    let tag =
        rest.strip_prefix("<svg").filter(|tag| tag.starts_with(|next: char| next.is_ascii_whitespace()));
    let attributes = tag.and_then(|tag| tag.split_once('>')).map(|(attributes, _)| attributes);
    attributes.is_some_and(|attributes| attributes.contains(SVG_NAMESPACE))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SVG: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\"><path d=\"M0 0\"/></svg>";

    fn kind(content: &[u8]) -> Option<Kind> {
        Logo::of(content.to_vec()).ok().map(|logo| logo.kind)
    }

    #[test]
    fn a_logo_is_known_by_its_content() {
        let prolog = "\u{feff}<?xml version=\"1.0\"?>\n<!-- <x> -->\n<!DOCTYPE svg PUBLIC \"-//W3C//DTD SVG 1.1//EN\" \"x\">\n";
        assert_eq!(kind(SVG.as_bytes()), Some(Kind::Svg));
        assert_eq!(kind(format!("{prolog}{SVG}").as_bytes()), Some(Kind::Svg));
        assert_eq!(kind(&[PNG, &[0, 0, 0, 1]].concat()), Some(Kind::Png));
    }

    #[test]
    fn what_is_no_image_is_refused() {
        for content in [
            "",
            "x",
            "<svg>",
            "<svg></svg>",
            "<svgx xmlns=\"http://www.w3.org/2000/svg\">",
            "<html><svg xmlns=\"http://www.w3.org/2000/svg\"></svg>",
            "<!-- <svg xmlns=\"http://www.w3.org/2000/svg\">",
            "<!DOCTYPE svg [<!ENTITY a \"b\">]><svg xmlns=\"http://www.w3.org/2000/svg\"></svg>",
            "GIF89a",
            "\u{89}PNG",
        ] {
            assert_eq!(Logo::of(content.into()), Err(InvalidPageSetting::Logo), "{content}");
        }
        assert_eq!(kind(b"\x89PNG\r\n\x1a\n"), None);
        assert_eq!(kind(&[SVG.as_bytes(), b"\xff"].concat()), None, "no text");
    }

    #[test]
    fn a_logo_has_an_end() {
        let padded = |length: usize| [SVG.as_bytes(), &vec![b' '; length - SVG.len()]].concat();
        assert!(Logo::of(padded(MAX_LENGTH)).is_ok());
        assert_eq!(Logo::of(padded(MAX_LENGTH + 1)), Err(InvalidPageSetting::LogoTooLong));
    }
}
