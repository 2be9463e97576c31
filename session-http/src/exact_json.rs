//! JSON that comes back as it was given (R77): what would be changed on the way is refused, with the
//! place where it stands.

use std::collections::HashSet;
use std::fmt;

use serde::Deserialize;
use serde::de::{MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

/// As deep as what is kept can be read again.
const MAX_DEPTH: usize = 126;

/// Why a text is not kept. Nothing of it is quoted.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unkept {
    /// It is no JSON object; what is wrong, and where.
    Syntax(String),
    /// It would not come back as it is; what would be lost, and where.
    Lossy(String),
    /// It is nested deeper than it can be read again.
    TooDeep,
}

/// The object that a text is.
pub(crate) fn object(text: &[u8]) -> Result<Map<String, Value>, Unkept> {
    let text = std::str::from_utf8(text).map_err(|error| {
        let (line, column) = place(&text[..error.valid_up_to()]);
        Unkept::Syntax(format!("it is not UTF-8 at line {line}, column {column}"))
    })?;
    let syntax = |error: serde_json::Error| match error.classify() {
        serde_json::error::Category::Data => Unkept::Syntax("it is not an object".to_owned()),
        // What was expected, and never what was there instead.
        _ => Unkept::Syntax(error.to_string()),
    };
    let root: &RawValue = serde_json::from_str(text).map_err(syntax)?;
    look_into(root, MAX_DEPTH).map_err(|fault| match fault {
        Fault::Deep => Unkept::TooDeep,
        Fault::Lossy { what, at } => {
            let offset = at.as_ptr().addr().saturating_sub(text.as_ptr().addr());
            let (line, column) = place(text.as_bytes().get(..offset).unwrap_or_default());
            Unkept::Lossy(format!("{what} at line {line}, column {column}"))
        }
    })?;
    serde_json::from_str(text).map_err(syntax)
}

enum Fault<'t> {
    Deep,
    /// What would be lost, and where it stands.
    Lossy {
        what: &'static str,
        at: &'t str,
    },
}

fn look_into(value: &RawValue, depth: usize) -> Result<(), Fault<'_>> {
    let text = value.get();
    match text.as_bytes() {
        [b'{' | b'[', ..] if depth == 0 => Err(Fault::Deep),
        [b'{', ..] => {
            // It was read before, as part of the whole.
            let Members(members) = serde_json::from_str(text).unwrap_or_default();
            let mut names = HashSet::new();
            for (name, value) in members {
                if !names.insert(name) {
                    let what = "a name stands twice in one object; the second value is";
                    return Err(Fault::Lossy { what, at: value.get() });
                }
                look_into(value, depth - 1)?;
            }
            Ok(())
        }
        [b'[', ..] => {
            let items: Vec<&RawValue> = serde_json::from_str(text).unwrap_or_default();
            items.into_iter().try_for_each(|item| look_into(item, depth - 1))
        }
        [b'-' | b'0'..=b'9', ..] if !is_kept(text) => {
            let what = "a number has more digits than are kept, or is too large; give it as a text. It is";
            Err(Fault::Lossy { what, at: text })
        }
        _ => Ok(()),
    }
}

/// Whether a number is the same after it was read and written.
fn is_kept(number: &str) -> bool {
    let Ok(read) = serde_json::from_str::<serde_json::Number>(number) else { return false };
    Decimal::of(number) == Decimal::of(&read.to_string())
}

/// A decimal number, whatever way it was written in.
#[derive(PartialEq, Eq)]
struct Decimal {
    is_negative: bool,
    /// Without zeros at either end.
    digits: String,
    /// The power of ten of the last digit.
    exponent: i64,
}

impl Decimal {
    /// `None` for one with an exponent beyond all numbers.
    fn of(number: &str) -> Option<Self> {
        let (is_negative, number) = number.strip_prefix('-').map_or((false, number), |rest| (true, rest));
        let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = format!("{whole}{fraction}");
        let significant = digits.trim_end_matches('0');
        let dropped = i64::try_from(digits.len() - significant.len()).ok()?;
        let exponent: i64 = exponent.parse().ok()?;
        let exponent = exponent.checked_sub(i64::try_from(fraction.len()).ok()?)?.checked_add(dropped)?;
        let digits = significant.trim_start_matches('0').to_owned();
        // Zero is zero.
        let exponent = if digits.is_empty() { 0 } else { exponent };
        Some(Self { is_negative, digits, exponent })
    }
}

/// Line and column of what comes after this, from 1.
fn place(before: &[u8]) -> (usize, usize) {
    let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
    let column = before.rsplit(|byte| *byte == b'\n').next().unwrap_or_default().len() + 1;
    (line, column)
}

/// The members of an object, in their order, also those of the same name.
#[derive(Default)]
struct Members<'t>(Vec<(String, &'t RawValue)>);

impl<'de: 't, 't> Deserialize<'de> for Members<'t> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;

        impl<'de> Visitor<'de> for Collect {
            type Value = Vec<(String, &'de RawValue)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(members)
            }
        }

        deserializer.deserialize_map(Collect).map(Members)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(text: &str) -> String {
        match object(text.as_bytes()) {
            Err(Unkept::Syntax(said) | Unkept::Lossy(said)) => said,
            other => panic!("{text}: {other:?}"),
        }
    }

    /// R77: no digit is lost without a word.
    #[test]
    fn a_number_comes_back_as_it_was_given_or_is_refused() {
        for kept in [
            "0",
            "-0",
            "7",
            "-7",
            "0.1",
            "0.10",
            "1.50",
            "1e3",
            "1E+3",
            "2.5e-7",
            "18446744073709551615",
            "-9223372036854775808",
            "9007199254740993",
            "0.30000000000000004",
            "1e308",
            "5e-324",
            "100000000000000000000",
        ] {
            let given = object(format!("{{\"n\":{kept}}}").as_bytes()).unwrap();
            assert!(Decimal::of(kept) == Decimal::of(&given["n"].to_string()), "{kept}: {}", given["n"]);
        }
        for lost in [
            "18446744073709551616",
            "123456789012345678901",
            "0.1234567890123456789",
            "1e400",
            "-1e400",
            "1e-400",
            "3.14159265358979323846",
            "9007199254740993.5",
            "1e99999999999999999999",
        ] {
            let said = wrong(&format!("{{\n \"n\": {lost}}}"));
            assert!(
                said.starts_with("a number has more digits") && said.ends_with("at line 2, column 7"),
                "{lost}: {said}"
            );
            assert!(!said.contains(lost));
        }
    }

    /// R77: however it is written.
    #[test]
    fn a_name_stands_once_in_each_object() {
        for text in
            ["{\"a\":1,\"b\":{\"a\":2},\"c\":[{\"a\":3},{\"a\":4}]}", "{}", "{\"a\":{\"a\":{\"a\":1}}}"]
        {
            assert!(object(text.as_bytes()).is_ok(), "{text}");
        }
        for (text, column) in
            [("{\"a\":1,\"a\":1}", 12), ("{\"a\":1,\"\\u0061\":2}", 17), ("{\"x\":[{\"b\":1,\"b\":2}]}", 18)]
        {
            let said = wrong(text);
            assert!(
                said.starts_with("a name stands twice") && said.ends_with(&format!("column {column}")),
                "{said}"
            );
        }
    }

    /// R77, R39: where, and nothing of what stands there.
    #[test]
    fn what_is_wrong_is_told_with_its_place_and_without_itself() {
        for (text, said) in [
            ("{\"canary\":}", "expected value at line 1 column 11"),
            ("{\"canary\":1", "EOF while parsing an object at line 1 column 11"),
            ("{\"canary\":1}x", "trailing characters at line 1 column 13"),
            ("[\"canary\"]", "it is not an object"),
            ("\"canary\"", "it is not an object"),
        ] {
            assert_eq!(wrong(text), said, "{text}");
        }
        assert_eq!(
            object(b"{\"a\":\n\"\xff\"}"),
            Err(Unkept::Syntax("it is not UTF-8 at line 2, column 2".into()))
        );
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(8_000), "]".repeat(8_000));
        assert_eq!(object(deep.as_bytes()), Err(Unkept::TooDeep));
    }
}
