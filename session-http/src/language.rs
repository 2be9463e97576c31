//! In which language a visitor is spoken to.

use http::HeaderMap;
use http::header::ACCEPT_LANGUAGE;

use crate::weighted::{self, Weighted};

/// The one of `offered` that `Accept-Language` likes best (RFC 9110 §12.5.4), by looking up each range and what is
/// left of it (RFC 4647 §3.4): `de-CH` finds `de`. Otherwise the first.
pub(super) fn choose<'l>(headers: &HeaderMap, offered: &[&'l str]) -> &'l str {
    let mut ranges = weighted::list(headers, &ACCEPT_LANGUAGE);
    ranges.retain(|range| is_range(&range.value));
    // Where two weigh the same, the one that is named first.
    ranges.sort_by_key(|range| std::cmp::Reverse(range.weight));
    let wanted = ranges.iter().filter(|range| range.weight > 0);
    let found = wanted.clone().find_map(|range| look_up(&range.value, &ranges, offered));
    found.or_else(|| offered.first().copied()).unwrap_or_default()
}

fn look_up<'l>(range: &str, ranges: &[Weighted], offered: &[&'l str]) -> Option<&'l str> {
    let is_named = |language: &&str| ranges.iter().any(|named| named.value.eq_ignore_ascii_case(language));
    if range == "*" {
        return offered.iter().find(|language| !is_named(language)).copied();
    }
    let is_refused = |language: &str| {
        ranges.iter().any(|named| named.weight == 0 && named.value.eq_ignore_ascii_case(language))
    };
    let mut range = Some(range);
    while let Some(wanted) = range {
        let found = offered.iter().find(|language| wanted.eq_ignore_ascii_case(language));
        if let Some(language) = found.filter(|language| !is_refused(language)) {
            return Some(language);
        }
        range = shortened(wanted);
    }
    None
}

/// Without its last subtag, and without a single letter that would then be at its end.
fn shortened(range: &str) -> Option<&str> {
    let (rest, _) = range.rsplit_once('-')?;
    match rest.rsplit_once('-') {
        Some((shorter, last)) if last.len() == 1 => Some(shorter),
        _ => Some(rest),
    }
}

/// A basic language range (RFC 4647 §2.1).
fn is_range(text: &str) -> bool {
    let is_subtag = |subtag: &str| {
        (1..=8).contains(&subtag.len()) && subtag.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    text == "*"
        || text.starts_with(|first: char| first.is_ascii_alphabetic()) && text.split('-').all(is_subtag)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const OFFERED: [&str; 4] = ["en", "de", "ja", "pt-BR"];

    fn chosen(lines: &[&str]) -> &'static str {
        let headers = lines.iter().map(|line| (ACCEPT_LANGUAGE, line.parse().unwrap())).collect();
        choose(&headers, &OFFERED)
    }

    #[test]
    fn the_language_that_is_liked_best_is_chosen() {
        for (line, expected) in [
            ("de", "de"),
            ("DE-ch", "de"),
            ("de-CH-1996, en;q=0.9", "de"),
            ("fr, ja;q=0.3, de;q=0.2", "ja"),
            ("en;q=0.2, de;q=0.9", "de"),
            ("de, ja", "de"),
            ("ja, de", "ja"),
            ("pt-br", "pt-BR"),
            ("pt-BR-x-y", "pt-BR"),
            ("de-x-private", "de"),
            ("fr, *;q=0.5", "en"),
            ("en;q=0, *", "de"),
            ("*, en;q=0.1", "de"),
            ("de-CH, de;q=0, ja;q=0.1", "ja"),
            ("fr", "en"),
            ("en;q=0", "en"),
            ("", "en"),
            ("d, 9, de-, -de, de--CH, de_CH, abcdefghi, ja;q=0.1", "ja"),
        ] {
            assert_eq!(chosen(&[line]), expected, "{line}");
        }
        assert_eq!(chosen(&[]), "en");
        assert_eq!(chosen(&["fr", "ja"]), "ja", "several lines are one list");
    }

    proptest! {
        #[test]
        fn whatever_is_sent_one_that_is_offered_is_chosen(line in "[ -~]{0,60}") {
            prop_assert!(OFFERED.contains(&chosen(&[&line])));
        }

        #[test]
        fn of_three_the_heaviest_is_chosen(weights in prop::array::uniform3(1..=1000_u16)) {
            let names = ["en", "de", "ja"];
            let weight = |weight: u16| format!("{}.{:03}", weight / 1000, weight % 1000);
            let line = names.iter().zip(weights).map(|(name, of)| format!("{name};q={}", weight(of)));
            let heaviest = *weights.iter().max().unwrap();
            let first = names[weights.iter().position(|weight| *weight == heaviest).unwrap()];
            prop_assert_eq!(chosen(&[&line.collect::<Vec<_>>().join(", ")]), first);
        }
    }
}
