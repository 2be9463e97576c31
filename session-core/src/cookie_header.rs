use alloc::vec::Vec;

#[cfg(not(target_family = "wasm"))]
use memchr::memchr;

use crate::cookie::{AuthenticCookie, CookieRefusal};
use crate::cookie_keys::{CookieKeyRing, CookieKeys};
#[cfg(target_family = "wasm")]
use crate::small_memchr::memchr;
use crate::time::UnixTime;

/// How many cookies of the same name are verified; more than one is already unusual.
const MAX_CANDIDATES: usize = 4;

impl CookieKeys {
    /// Finds the session cookie in the `Cookie` header lines of a request and judges it.
    ///
    /// A name may come twice, with no order to rely on (RFC 6265bis §5.7.3), so each value is
    /// verified, at most four: exactly one good session wins, whatever was planted beside it (R14).
    ///
    /// # Errors
    /// When there is no such cookie, when two good ones disagree, or when none is good; then the
    /// reason is that of the first.
    pub fn verify_header<'h>(
        &self,
        lines: impl IntoIterator<Item = &'h [u8]>,
        now: UnixTime,
    ) -> Result<AuthenticCookie, HeaderRefusal> {
        let mut verdict: Result<AuthenticCookie, _> = Err(HeaderRefusal::Absent);
        let mut candidates = MAX_CANDIDATES;
        for line in lines {
            for value in values_in(line, self.name().as_bytes()).take(candidates) {
                candidates = candidates.saturating_sub(1);
                match (self.verify(value, now), &verdict) {
                    (Ok(cookie), Ok(first)) if cookie.session_id() != first.session_id() => {
                        return Err(HeaderRefusal::Ambiguous);
                    }
                    (Ok(cookie), Err(_)) => verdict = Ok(cookie),
                    (Err(reason), Err(HeaderRefusal::Absent)) => verdict = Err(HeaderRefusal::Cookie(reason)),
                    _ => {}
                }
            }
        }
        verdict
    }

    /// Judges a text that is either a `Cookie` header line or the bare value of the session cookie,
    /// for callers that may have the one or the other at hand.
    ///
    /// # Errors
    /// As [`verify_header`](Self::verify_header), or as [`verify`](Self::verify) for a bare value.
    pub fn verify_header_or_value(
        &self,
        text: &[u8],
        now: UnixTime,
    ) -> Result<AuthenticCookie, HeaderRefusal> {
        // What has the grammar of a value has no `=`, and so is no header.
        match self.verify(text, now) {
            Err(refusal @ (CookieRefusal::TooLong | CookieRefusal::Malformed)) => {
                match self.verify_header([text], now) {
                    Err(HeaderRefusal::Absent) if !is_header(text) => Err(HeaderRefusal::Cookie(refusal)),
                    verdict => verdict,
                }
            }
            verdict => verdict.map_err(HeaderRefusal::Cookie),
        }
    }
}

impl CookieKeyRing {
    /// See [`CookieKeys::verify_header`].
    ///
    /// # Errors
    /// As there.
    pub fn verify_header<'h>(
        &self,
        lines: impl IntoIterator<Item = &'h [u8]>,
        now: UnixTime,
    ) -> Result<AuthenticCookie, HeaderRefusal> {
        self.accepted().verify_header(lines, now)
    }
}

/// Whether a text without our cookie's name is a header of other cookies rather than a bare value.
/// It only decides between the reasons `absent` and `malformed`.
pub(crate) fn is_header(text: &[u8]) -> bool {
    // Not `contains`: its fast search would be a fiftieth of the WebAssembly module, for refusals.
    let joins = |byte: &u8| *byte == b'=';
    text.iter().any(joins) && !text.starts_with(b"v1.")
}

/// The values that `Cookie` header lines carry for `name`, in their order; the name of a session cookie, or any other.
///
/// Bytes, by RFC 6265bis §4.2: split at `;` alone, with space and tab trimmed round each pair. The
/// name is exact. Quotes have no meaning, nothing is percent-decoded, and bytes that are not ASCII
/// in some other cookie harm nobody (R13).
pub fn cookie_values<'h>(
    lines: impl IntoIterator<Item = &'h [u8]>,
    name: &str,
) -> impl Iterator<Item = &'h [u8]> {
    lines.into_iter().flat_map(|line| values_in(line, name.as_bytes()))
}

/// What is left of `Cookie` header lines without the cookies of these names, as one line: for whoever a request
/// is passed on to, and has no business with ours. What stands there of other cookies is kept as it is.
///
/// A pair is left out also where its name is set apart from the `=`, or there is no `=`: nobody's parser is to
/// find in the rest what ours would have missed.
pub fn cookies_without<'h>(lines: impl IntoIterator<Item = &'h [u8]>, names: &[&str]) -> Vec<u8> {
    let pairs = lines.into_iter().flat_map(pairs).map(trim);
    let is_kept = |pair: &&[u8]| {
        let name = pair.split(|&byte| byte == b'=').next().map(trim).unwrap_or_default();
        !pair.is_empty() && !names.iter().any(|other| other.as_bytes() == name)
    };
    let mut left = Vec::new();
    for pair in pairs.filter(is_kept) {
        if !left.is_empty() {
            left.extend_from_slice(b"; ");
        }
        left.extend_from_slice(pair);
    }
    left
}

pub(crate) fn values_in<'h>(line: &'h [u8], name: &[u8]) -> impl Iterator<Item = &'h [u8]> {
    pairs(line).filter_map(|pair| {
        let rest = trim(pair).strip_prefix(name)?;
        rest.strip_prefix(b"=")
    })
}

/// What stands between semicolons.
fn pairs(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(line);
    core::iter::from_fn(move || {
        let line = rest?;
        // Other cookies may be long, and to look at each of their bytes by itself would take longer than all else there
        // is to do for a check.
        let pair = memchr(b';', line).and_then(|end| line.split_at_checked(end));
        // Behind the semicolon.
        rest = pair.and_then(|(_, rest)| rest.get(1..));
        Some(pair.map_or(line, |(pair, _)| pair))
    })
}

fn trim(mut pair: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = pair {
        pair = rest;
    }
    pair
}

/// Why the `Cookie` header of a request gives no session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HeaderRefusal {
    /// There is no cookie of that name.
    #[error("request has no session cookie")]
    Absent,
    /// Two good cookies belong to different sessions.
    #[error("request has good cookies of two sessions")]
    Ambiguous,
    /// There is a cookie, and it is refused.
    #[error(transparent)]
    Cookie(CookieRefusal),
}

impl HeaderRefusal {
    /// The stable code of this reason.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Ambiguous => "ambiguous",
            Self::Cookie(refusal) => refusal.code(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{cookies_without, is_header};

    /// R39: an application behind a proxy gets no cookie of ours, however it is written.
    #[test]
    fn other_cookies_are_passed_on_as_they_are_and_ours_in_no_spelling() {
        const NAMES: [&str; 2] = ["__Host-session", "__Host-device"];
        for (lines, left) in [
            (&["theme=dark; __Host-session=v1.a.b; lang=en"][..], "theme=dark; lang=en"),
            (&["__Host-session=a;__Host-device=b"], ""),
            (
                &["__Host-session=a", "a=b; c", "__Host-session = d;\t__Host-device\t=e ; f=\"g"],
                "a=b; c; f=\"g",
            ),
            (
                &["__Host-session", "; ;", "x=__Host-session=a", "__host-session=a"],
                "x=__Host-session=a; __host-session=a",
            ),
            (&["__Host-session2=a; my__Host-session=b"], "__Host-session2=a; my__Host-session=b"),
            // Quotes have no meaning, so what stands between them is a pair as well.
            (&["a=\"b; __Host-session=c\"; d=\"e"], "a=\"b; d=\"e"),
            (&[], ""),
        ] {
            let lines = lines.iter().map(|line| line.as_bytes());
            assert_eq!(cookies_without(lines, &NAMES), left.as_bytes());
        }
        assert_eq!(cookies_without([&b"a=\xff; __Host-session=b"[..]], &NAMES), b"a=\xff");
    }

    #[test]
    fn a_header_of_other_cookies_is_told_from_a_bare_value() {
        assert!(is_header(b"theme=dark; lang=en"));
        assert!(!is_header(b"v1.c1.AAAA.BBBB.1.2.CCCC="), "a padded value is malformed, not absent");
        assert!(!is_header(b"v2.c1.AAAA.BBBB.1.2.CCCC"));
        assert!(!is_header(b""));
    }
}
