//! Lists of what a client would like, each with a weight (RFC 9110 §12.4.2).

use http::{HeaderMap, HeaderName};

/// In thousandths, as finely as a weight can be written.
const WHOLE: u16 = 1000;

/// One element of such a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Weighted {
    /// In lower case, without parameters.
    pub(crate) value: String,
    /// From 0, which refuses it, to 1000.
    pub(crate) weight: u16,
}

/// What a header lists in all its lines, in that order. An element that is not well formed is as good as none.
pub(crate) fn list(headers: &HeaderMap, name: &HeaderName) -> Vec<Weighted> {
    let lines = headers.get_all(name).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).filter_map(element).collect()
}

fn element(text: &str) -> Option<Weighted> {
    let mut parts = text.split(';').map(|part| part.trim_matches([' ', '\t']));
    let value = parts.next().filter(|value| !value.is_empty())?.to_ascii_lowercase();
    let mut weight = WHOLE;
    for parameter in parts {
        let (name, text) = parameter.split_once('=')?;
        if name.eq_ignore_ascii_case("q") {
            weight = thousandths(text)?;
        }
    }
    Some(Weighted { value, weight })
}

/// `0`, `0.5`, `0.123`, `1`, `1.000`, and nothing else.
fn thousandths(text: &str) -> Option<u16> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let is_short = fraction.len() <= 3 && fraction.bytes().all(|byte| byte.is_ascii_digit());
    let fraction: u16 = if is_short { format!("{fraction:0<3}").parse().ok()? } else { return None };
    match whole {
        "0" => Some(fraction),
        "1" if fraction == 0 => Some(WHOLE),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use http::header::ACCEPT_LANGUAGE;
    use proptest::prelude::*;

    use super::*;

    fn listed(lines: &[&str]) -> Vec<(String, u16)> {
        let headers = lines.iter().map(|line| (ACCEPT_LANGUAGE, line.parse().unwrap())).collect();
        list(&headers, &ACCEPT_LANGUAGE).into_iter().map(|of| (of.value, of.weight)).collect()
    }

    #[test]
    fn a_weight_is_written_as_the_standard_has_it() {
        let all = listed(&["da, EN-gb;q=0.8 ,en;Q=0.75,\tfr ; q=0.001, *;q=0", "ja;q=1.000"]);
        let expected = [("da", 1000), ("en-gb", 800), ("en", 750), ("fr", 1), ("*", 0), ("ja", 1000)]
            .map(|(of, at)| (of.to_owned(), at));
        assert_eq!(all, expected);
        assert_eq!(listed(&["text/html;level=1;q=0.5"]), [("text/html".to_owned(), 500)]);
    }

    #[test]
    fn what_is_not_well_formed_is_as_good_as_none() {
        for line in [
            "",
            ",",
            ";q=1",
            "en;q",
            "en;q=",
            "en;q=2",
            "en;q=1.1",
            "en;q=-1",
            "en;q=0.1234",
            "en;q=.5",
            "en;q=+1",
        ] {
            assert_eq!(listed(&[line]), [], "{line:?}");
        }
        assert_eq!(listed(&["en;q=x, de"]), [("de".to_owned(), 1000)]);
    }

    proptest! {
        #[test]
        fn whatever_is_sent_no_weight_is_more_than_whole(line in "[ -~]{0,80}") {
            prop_assert!(listed(&[&line]).iter().all(|(value, weight)| !value.is_empty() && *weight <= WHOLE));
        }

        #[test]
        fn every_weight_that_can_be_written_is_read(thousandths in 0..=1000_u16) {
            let text = format!("x;q={}.{:03}", thousandths / 1000, thousandths % 1000);
            prop_assert_eq!(listed(&[&text]), [("x".to_owned(), thousandths)]);
        }
    }
}
