//! The numbers of requirements and faults, and where a text cites them.

use std::fmt;
use std::str::FromStr;

/// `R12` or `F3`; requirements come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Number {
    Requirement(u32),
    Fault(u32),
}

impl Number {
    fn kind(self) -> fn(u32) -> Self {
        match self {
            Self::Requirement(_) => Self::Requirement,
            Self::Fault(_) => Self::Fault,
        }
    }

    const fn value(self) -> u32 {
        match self {
            Self::Requirement(value) | Self::Fault(value) => value,
        }
    }
}

impl FromStr for Number {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let value = |digits: &str| {
            let is_number = digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0');
            digits.parse().ok().filter(|_| is_number).ok_or(())
        };
        match text.split_at_checked(1) {
            Some(("R", digits)) => value(digits).map(Self::Requirement),
            Some(("F", digits)) => value(digits).map(Self::Fault),
            _ => Err(()),
        }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if matches!(self, Self::Requirement(_)) { 'R' } else { 'F' };
        write!(f, "{kind}{}", self.value())
    }
}

/// Those that a comment names: one by one, or as a range, `R4–R8`.
pub(super) fn cited(comment: &str) -> Vec<Number> {
    let is_part = |char: char| char.is_alphanumeric() || char == '_' || char == '–';
    let mut numbers = Vec::new();
    for word in comment.split(|char| !is_part(char)) {
        match word.split_once('–').map(|(first, last)| (first.parse::<Number>(), last.parse::<Number>())) {
            Some((Ok(first), Ok(last))) if first <= last => {
                numbers.extend((first.value()..=last.value()).map(first.kind()));
            }
            _ => numbers.extend(word.split('–').filter_map(|word| word.parse::<Number>().ok())),
        }
    }
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_cited_one_by_one_in_lists_and_in_ranges() {
        let cited = |text: &str| cited(text).iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(cited("R24: two servers"), ["R24"]);
        assert_eq!(cited("F36, R58 (R2): R2 again."), ["R2", "R58", "F36"]);
        assert_eq!(cited("R4–R6 and F1–F2"), ["R4", "R5", "R6", "F1", "F2"]);
        assert_eq!(cited("RFC 9110, ASVS V7.5.2, R, F0, 5R1, R1a, `FFR1`, x_R1"), [""; 0]);
    }
}
