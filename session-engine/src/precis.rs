//! Names and passwords in one spelling (RFC 8265): what looks the same is the same, whatever keyboard
//! it was typed on, and what only looks the same is refused when it is added (R70).

use std::borrow::Cow;

use precis_core::profile::PrecisFastInvocation;
use precis_profiles::OpaqueString;
#[cfg(feature = "users-file")]
use precis_profiles::UsernameCasePreserved;

/// A user's name by the profile `UsernameCasePreserved`, part by part between its spaces: in NFC and
/// of usual width, without invisible characters and without a mixture of directions. `None` if it is
/// no such name.
#[cfg(feature = "users-file")]
pub(crate) fn user_name(text: &str) -> Option<Cow<'_, str>> {
    if text.is_ascii() && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return (!text.is_empty()).then_some(text.into());
    }
    let parts = text.split(' ').map(|part| UsernameCasePreserved::enforce(part).ok());
    let parts: Vec<_> = parts.collect::<Option<_>>()?;
    Some(parts.join(" ").into())
}

/// A password by the profile `OpaqueString`: in NFC, and any space is a space. `None` if it has control
/// characters or is empty.
pub(crate) fn password(text: &str) -> Option<Cow<'_, str>> {
    OpaqueString::enforce(text).ok()
}

#[cfg(test)]
#[cfg(feature = "users-file")]
mod tests {
    use super::*;

    /// What is typed, and the name that it is.
    const NAMES: &[(&str, Option<&str>)] = &[
        ("alice", Some("alice")),
        ("Alice", Some("Alice")),
        ("a.b-c_d+e@example.org", Some("a.b-c_d+e@example.org")),
        ("#1", Some("#1")),
        ("007", Some("007")),
        ("Zo\u{eb}", Some("Zo\u{eb}")),
        ("Zoe\u{308}", Some("Zo\u{eb}")),
        ("Zo\u{eb} van Dijk", Some("Zo\u{eb} van Dijk")),
        ("Ku\u{308}rbis", Some("K\u{fc}rbis")),
        ("K\u{fc}rbis", Some("K\u{fc}rbis")),
        ("\u{d55c}\u{ae00}", Some("\u{d55c}\u{ae00}")),
        // Korean in pieces, which no keyboard sends.
        ("\u{1112}\u{1161}\u{11ab}", None),
        ("\u{ff21}\u{ff42}", Some("Ab")),
        ("\u{ff11}", Some("1")),
        ("\u{3c0}", Some("\u{3c0}")),
        ("\u{3c3}\u{3c2}", Some("\u{3c3}\u{3c2}")),
        ("stra\u{df}e", Some("stra\u{df}e")),
        ("\u{5d0}\u{5d1}", Some("\u{5d0}\u{5d1}")),
        ("\u{627}\u{628}", Some("\u{627}\u{628}")),
        ("\u{65e5}\u{672c}", Some("\u{65e5}\u{672c}")),
        // Empty, or space where none belongs.
        ("", None),
        (" ", None),
        (" alice", None),
        ("alice ", None),
        ("van  Dijk", None),
        ("a\tb", None),
        ("a\u{a0}b", None),
        ("a\u{2003}b", None),
        ("a\u{3000}b", None),
        // Control characters.
        ("a\u{0}b", None),
        ("a\nb", None),
        ("a\u{7f}", None),
        ("a\u{85}b", None),
        // Invisible characters.
        ("ali\u{200b}ce", None),
        ("ali\u{200d}ce", None),
        ("ali\u{200c}ce", None),
        ("alice\u{2060}", None),
        ("\u{feff}alice", None),
        ("al\u{ad}ice", None),
        ("alice\u{180e}", None),
        ("alice\u{fe0f}", None),
        ("alice\u{e0061}", None),
        ("\u{115f}", None),
        // What changes the direction, and what mixes two.
        ("\u{202e}ecila", None),
        ("alice\u{200f}", None),
        ("\u{2066}alice\u{2069}", None),
        ("\u{61c}alice", None),
        ("alice\u{5d0}", None),
        ("\u{5d0}alice", None),
        // Compatibility characters, symbols, and what means nothing.
        ("\u{2160}", None),
        ("\u{fb01}n", None),
        ("\u{1d41a}lice", None),
        ("\u{2460}", None),
        ("a\u{2044}b", None),
        ("\u{265a}", None),
        ("\u{1f600}", None),
        ("\u{e000}", None),
        ("\u{ffff}", None),
        ("\u{378}", None),
    ];

    /// R70: `UsernameCasePreserved`, with what nobody sees and what runs backwards refused.
    #[test]
    fn a_name_has_one_spelling_and_nothing_invisible() {
        assert!(NAMES.len() >= 58);
        for (typed, name) in NAMES {
            assert_eq!(user_name(typed).as_deref(), *name, "{typed:?}");
        }
    }

    /// R70: `OpaqueString`.
    #[test]
    fn a_password_is_the_same_from_every_keyboard() {
        assert_eq!(password("pa\u{308}ss").as_deref(), Some("p\u{e4}ss"));
        assert_eq!(password("a\u{a0}b\u{3000}c").as_deref(), Some("a b c"));
        // Nothing else is changed: neither case nor width, nor what is at the ends.
        for same in [" Correct Horse ", "\u{ff21}", "\u{1f600}\u{2665}", "\u{df}\u{3c2}"] {
            assert_eq!(password(same).as_deref(), Some(same));
        }
        for refused in ["", "a\u{0}b", "a\nb"] {
            assert_eq!(password(refused), None, "{refused:?}");
        }
    }
}
