use http::HeaderMap;
use http::header::AUTHORIZATION;
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

use crate::headers::single_value;

/// So long is a token of 192 bits in base64url.
const MIN_LENGTH: usize = 32;
const MAX_LENGTH: usize = 512;
const MAX_NAME_LENGTH: usize = 64;

/// The tokens that open the management, each with a name by which the log tells of its use. Kept as
/// hashes only.
#[derive(Clone)]
pub struct ManagementTokens(Vec<Token>);

#[derive(Clone)]
struct Token {
    name: String,
    hash: [u8; 32],
}

impl ManagementTokens {
    /// Reads lines of `name:token`. Blank lines and those that begin with `#` are passed over. A name is 1
    /// to 64 letters, digits, `-`, `_` and `.`, a token 32 to 512 visible ASCII characters, which ought to
    /// be random: they are compared as they are.
    ///
    /// # Errors
    /// At the first line that is not so, a name that stands twice, or if there is none.
    pub fn parse(text: &str) -> Result<Self, InvalidTokens> {
        let mut tokens: Vec<Token> = Vec::new();
        for (number, line) in Self::lines(text) {
            let (name, token) = Self::parse_line(line).ok_or(InvalidTokens::Line(number))?;
            if tokens.iter().any(|other| other.name == name) {
                return Err(InvalidTokens::Twice(number));
            }
            tokens.push(Token { name: name.to_owned(), hash: hash(token) });
        }
        if tokens.is_empty() { Err(InvalidTokens::None) } else { Ok(Self(tokens)) }
    }

    /// The first token of such a text, for who calls with it.
    ///
    /// # Errors
    /// As [`parse`](Self::parse), of the first line.
    pub fn first_of(text: &str) -> Result<&str, InvalidTokens> {
        let (number, line) = Self::lines(text).next().ok_or(InvalidTokens::None)?;
        let (_, token) = Self::parse_line(line).ok_or(InvalidTokens::Line(number))?;
        Ok(token)
    }

    /// What is not blank and no comment, with its number.
    fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
        let lines = text.trim_start_matches('\u{feff}').lines().map(str::trim_ascii_end).enumerate();
        lines.map(|(at, line)| (at + 1, line)).filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
    }

    fn parse_line(line: &str) -> Option<(&str, &str)> {
        let (name, token) = line.split_once(':')?;
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        let is_name = (1..=MAX_NAME_LENGTH).contains(&name.len()) && name.bytes().all(plain);
        let is_token = (MIN_LENGTH..=MAX_LENGTH).contains(&token.len())
            && token.bytes().all(|byte| byte.is_ascii_graphic());
        (is_name && is_token).then_some((name, token))
    }

    /// The name of the token that a request brings, if it is one of these. Takes the same time whichever
    /// it is.
    pub(super) fn caller(&self, headers: &HeaderMap) -> Option<&str> {
        let hash = hash(bearer(headers)?);
        let is_it: Vec<Choice> = self.0.iter().map(|token| token.hash.ct_eq(&hash)).collect();
        self.0.iter().zip(is_it).find(|(_, is_it)| bool::from(*is_it)).map(|(token, _)| token.name.as_str())
    }
}

/// The token that a request brings, whatever it is worth.
pub(super) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = single_value(headers, &AUTHORIZATION)?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("Bearer").then(|| token.trim_ascii())
}

fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token).into()
}

impl std::fmt::Debug for ManagementTokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.iter().map(|token| &token.name)).finish()
    }
}

/// Why a text has no tokens. It tells nothing of what stands there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidTokens {
    /// The line is not of the form; from 1.
    #[error("line {0}: expected `name:token`, a token of 32 to 512 visible ASCII characters")]
    Line(usize),
    /// The line has a name that another one has; from 1.
    #[error("line {0}: this name is there already, expected each once")]
    Twice(usize),
    /// There is no token.
    #[error("there is no token, expected lines of `name:token`")]
    None,
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "0123456789abcdefghijklmnopqrstuv";
    const OTHER: &str = "vutsrqponmlkjihgfedcba9876543210";

    fn with(value: &str) -> HeaderMap {
        [(AUTHORIZATION, value.parse().unwrap())].into_iter().collect()
    }

    #[test]
    fn a_token_is_known_by_its_name_and_nothing_else_is_one() {
        let text = format!("\u{feff}# the office\n\nalice:{ONE}\r\ncron.job:{OTHER}\n");
        let tokens = ManagementTokens::parse(&text).unwrap();
        assert_eq!(tokens.caller(&with(&format!("Bearer {ONE}"))), Some("alice"));
        assert_eq!(tokens.caller(&with(&format!("bearer  {OTHER}"))), Some("cron.job"));
        for value in ["", "Bearer", "Bearer ", &format!("Basic {ONE}"), &format!("Bearer {ONE}x"), ONE] {
            assert_eq!(tokens.caller(&with(value)), None, "{value}");
        }
        let mut twice = with(&format!("Bearer {ONE}"));
        twice.append(AUTHORIZATION, format!("Bearer {OTHER}").parse().unwrap());
        assert_eq!(tokens.caller(&twice), None);
        assert_eq!(tokens.caller(&HeaderMap::new()), None);
        assert_eq!(ManagementTokens::first_of(&text), Ok(ONE));
        assert_eq!(format!("{tokens:?}"), "[\"alice\", \"cron.job\"]");
    }

    #[test]
    fn a_line_that_is_no_token_is_told_by_its_number() {
        let refused = |text: &str| ManagementTokens::parse(text).unwrap_err();
        for line in
            ["alice", &format!(":{ONE}"), &format!("a b:{ONE}"), "alice:short", &format!("alice:{ONE}\u{fc}")]
        {
            assert_eq!(refused(&format!("# first\n{line}\n")), InvalidTokens::Line(2), "{line}");
        }
        assert_eq!(refused(&format!("a:{ONE}\na:{OTHER}\n")), InvalidTokens::Twice(2));
        assert_eq!(refused("\n# none\n"), InvalidTokens::None);
    }
}
