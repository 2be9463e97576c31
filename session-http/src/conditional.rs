//! Conditional requests (RFC 9110 §13).

use http::header::{ETAG, IF_MATCH, IF_NONE_MATCH};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::answer::{self, Answer};

/// What a list of tags says.
enum Tags {
    /// `*`: of whatever there is.
    Any,
    /// These, each as it is written, with `W/` before it if it is a weak one.
    Listed(Vec<String>),
    /// Nothing that can be understood: it names no tag of ours.
    Malformed,
}

impl Tags {
    /// What a header says in all its lines; `None` without it.
    fn of(headers: &HeaderMap, name: &HeaderName) -> Option<Self> {
        if !headers.contains_key(name) {
            return None;
        }
        let mut text = String::new();
        for line in headers.get_all(name) {
            text.push_str(line.to_str().unwrap_or("?"));
            text.push(',');
        }
        Some(match text.trim_matches([' ', '\t', ',']) {
            "*" => Self::Any,
            _ => listed(&text).map_or(Self::Malformed, Self::Listed),
        })
    }

    /// By the strong comparison, which no weak tag passes.
    fn name_strongly(&self, tag: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Listed(tags) => tags.iter().any(|theirs| theirs == tag),
            Self::Malformed => false,
        }
    }

    fn name_weakly(&self, tag: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Listed(tags) => {
                tags.iter().any(|theirs| theirs.strip_prefix("W/").unwrap_or(theirs) == tag)
            }
            Self::Malformed => false,
        }
    }
}

/// The tags of a list, some of whose elements may be empty. A tag may hold commas.
fn listed(text: &str) -> Option<Vec<String>> {
    let (mut tags, mut rest) = (Vec::new(), text);
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        if rest.is_empty() {
            return Some(tags);
        }
        let opaque = rest.strip_prefix("W/").unwrap_or(rest).strip_prefix('"')?;
        let length = rest.len() - opaque.len() + opaque.find('"')? + 1;
        let (tag, after) = rest.split_at(length);
        let is_clean = tag.bytes().all(|byte| byte.is_ascii_graphic());
        if !is_clean || !after.trim_start_matches([' ', '\t']).starts_with([',']) && !after.is_empty() {
            return None;
        }
        tags.push(tag.to_owned());
        rest = after;
    }
}

/// The answer with its tag, or 304 without its body if the client has it already (§13.1.2).
pub(crate) fn answer(headers: &HeaderMap, tag: &str, mut answer: Answer) -> Answer {
    let has_already = Tags::of(headers, &IF_NONE_MATCH).is_some_and(|tags| tags.name_weakly(tag));
    if has_already {
        let mut unchanged = answer::empty(http::StatusCode::NOT_MODIFIED);
        for name in [http::header::CACHE_CONTROL, http::header::VARY] {
            unchanged.headers_mut().extend(answer.headers().get(&name).cloned().map(|value| (name, value)));
        }
        answer = unchanged;
    }
    answer.headers_mut().extend(HeaderValue::try_from(tag).ok().map(|tag| (ETAG, tag)));
    answer
}

/// The tag of a revision.
pub(crate) fn tag_of(revision: u64) -> String {
    format!("\"{revision}\"")
}

/// What a request that changes something presupposes of the revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Precondition {
    /// Nothing.
    None,
    /// That it is this one.
    Is(u64),
    /// That it is none of ours: it never holds.
    Impossible,
}

impl Precondition {
    /// Of `If-Match` (§13.1.1) and `If-None-Match` (§13.1.2), for a thing at revision `present`. The
    /// step that makes the change compares once more.
    pub(crate) fn of(headers: &HeaderMap, present: u64) -> Self {
        let tag = tag_of(present);
        // As §13.2.2 orders them. That the thing is there satisfies `*` in the one and not in the other.
        match Tags::of(headers, &IF_MATCH) {
            None => {}
            Some(Tags::Any) => return Self::None,
            Some(tags) if tags.name_strongly(&tag) => return Self::Is(present),
            Some(_) => return Self::Impossible,
        }
        match Tags::of(headers, &IF_NONE_MATCH) {
            None => Self::None,
            // Whoever wanted to exclude something and cannot be understood must not change it.
            Some(Tags::Malformed) => Self::Impossible,
            Some(tags) if tags.name_weakly(&tag) => Self::Impossible,
            // It must not become one of those that are named before it is changed.
            Some(_) => Self::Is(present),
        }
    }

    /// Whether a request presupposes anything.
    pub(crate) fn is_in(headers: &HeaderMap) -> bool {
        headers.contains_key(IF_MATCH) || headers.contains_key(IF_NONE_MATCH)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[(HeaderName, &str)]) -> HeaderMap {
        lines.iter().map(|(name, line)| (name.clone(), line.parse().unwrap())).collect()
    }

    fn precondition(lines: &[(HeaderName, &str)]) -> Precondition {
        Precondition::of(&headers(lines), 7)
    }

    /// R74: RFC 9110 §13.1.1, row by row, for a thing whose tag is `"7"`.
    #[test]
    fn if_match_compares_strongly() {
        for (line, expected) in [
            ("\"7\"", Precondition::Is(7)),
            ("\"6\", \"7\"", Precondition::Is(7)),
            ("\"6\",\"7\" , \"8\"", Precondition::Is(7)),
            (", ,\"7\",", Precondition::Is(7)),
            ("\"a,b\", \"7\"", Precondition::Is(7)),
            ("W/\"6\", \"7\"", Precondition::Is(7)),
            ("*", Precondition::None),
            (" * ", Precondition::None),
            ("\"6\"", Precondition::Impossible),
            ("\"07\"", Precondition::Impossible),
            ("\"+7\"", Precondition::Impossible),
            ("\" 7\"", Precondition::Impossible),
            ("W/\"7\"", Precondition::Impossible),
            ("\"\"", Precondition::Impossible),
            ("", Precondition::Impossible),
            ("7", Precondition::Impossible),
            ("\"7", Precondition::Impossible),
            ("w/\"7\"", Precondition::Impossible),
            ("\"6\" \"7\"", Precondition::Impossible),
            ("*, \"7\"", Precondition::Impossible),
        ] {
            assert_eq!(precondition(&[(IF_MATCH, line)]), expected, "{line:?}");
        }
        let lines = [(IF_MATCH, "\"6\""), (IF_MATCH, "\"7\"")];
        assert_eq!(precondition(&lines), Precondition::Is(7), "several lines are one list");
    }

    /// R74: RFC 9110 §13.1.2: weakly, and `*` is whatever is there.
    #[test]
    fn if_none_match_keeps_from_changing_what_is_known() {
        for (line, expected) in [
            ("*", Precondition::Impossible),
            ("\"7\"", Precondition::Impossible),
            ("W/\"7\"", Precondition::Impossible),
            ("\"6\", W/\"7\"", Precondition::Impossible),
            ("\"6\"", Precondition::Is(7)),
            ("x", Precondition::Impossible),
        ] {
            assert_eq!(precondition(&[(IF_NONE_MATCH, line)]), expected, "{line:?}");
        }
        assert_eq!(precondition(&[]), Precondition::None);
        // §13.2.2: `If-Match` is looked at first.
        let both = [(IF_MATCH, "\"7\""), (IF_NONE_MATCH, "\"7\"")];
        assert_eq!(precondition(&both), Precondition::Is(7));
    }

    /// R74: weakly, for reads.
    #[test]
    fn who_has_the_answer_already_gets_its_tag_alone() {
        for (line, status) in [
            ("\"7\"", 304),
            ("W/\"7\"", 304),
            ("\"6\" , \"7\"", 304),
            ("*", 304),
            ("\"6\"", 200),
            ("\"77\"", 200),
            ("7", 200),
        ] {
            let body = Answer::new("body".into());
            let answer = answer(&headers(&[(IF_NONE_MATCH, line)]), "\"7\"", body);
            assert_eq!(answer.status().as_u16(), status, "{line}");
            assert_eq!(answer.headers()[ETAG], "\"7\"");
            assert_eq!(answer.body().is_empty(), status == 304);
        }
    }
}
