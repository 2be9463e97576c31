//! Texts that are JSON, or nearly.

use crate::encode;
use crate::random::Random;

pub(crate) const JSON_PIECES: [&str; 40] = [
    "{",
    "}",
    "[",
    "]",
    "\"",
    ":",
    ",",
    "\\",
    "/",
    " ",
    "\t",
    "\n",
    "\r",
    "\x0b",
    "\u{a0}",
    "\u{feff}",
    "\0",
    "\x1f",
    "\x7f",
    "\\u0000",
    "\\ud83d",
    "\\udd11",
    "\\ud83d\\udd11",
    "\\n",
    "\\x",
    "\\u12",
    "🔑",
    "0",
    "9",
    "-",
    "+",
    ".",
    "e",
    "E",
    "e999",
    "true",
    "false",
    "null",
    "{}",
    ",\"x\":1",
];
pub(crate) const NUMBERS: [&str; 20] = [
    "0",
    "-0",
    "00",
    "01",
    "1.0",
    "1.",
    ".5",
    "-1",
    "+1",
    "1e3",
    "1E+2",
    "1e",
    "1e-400",
    "1e999",
    "0.1",
    "NaN",
    "99999999999",
    "100000000000",
    "9007199254740993",
    "18446744073709551616",
];
const TEXTS: [&str; 14] = [
    "\"\"",
    "\"\\u0041\"",
    "\"\\ud83d\\udd11\"",
    "\"\\ud83d\"",
    "\"\\udd11\"",
    "\"\\ud83d\\u0041\"",
    "\"ünïcode 🔑\"",
    "\"\\/\\b\\f\\n\\r\\t\\\\\\\"\"",
    "\"\\a\"",
    "\"\\u00e\"",
    "\"a\nb\"",
    "\"\\u0000\"",
    "\"__proto__\"",
    "'a'",
];

/// Any value, and now and then what only looks like one.
pub(crate) fn json_value(random: &mut Random, depth: usize) -> String {
    match random.below(if depth > 3 { 6 } else { 10 }) {
        0 => random.pick(&["true", "false", "null", "True", "nul", ""]).to_owned(),
        1 => random.pick(&NUMBERS).to_owned(),
        2 => random.pick(&TEXTS).to_owned(),
        3 => random.number().to_string(),
        4 => format!("-{}.{}e-{}", random.below(99), random.below(99), random.below(30)),
        5 => format!("\"{}\"", encode(random.bytes::<9>())),
        6 | 7 => {
            let elements: Vec<_> = (0..random.below(4)).map(|_| json_value(random, depth + 1)).collect();
            format!("[{}]", elements.join(","))
        }
        _ => {
            let member =
                |random: &mut Random| format!("\"{}\":{}", random.below(4), json_value(random, depth + 1));
            let members: Vec<_> = (0..random.below(4)).map(|_| member(random)).collect();
            object(random, &members)
        }
    }
}

/// With space where JSON allows it, and now and then where it does not.
pub(crate) fn object(random: &mut Random, members: &[String]) -> String {
    let space = match random.below(24) {
        0 => random.pick(&["\x0c", "\u{a0}", "\u{feff}", "/**/"]),
        1..4 => random.pick(&[" ", "\t", "\r\n", "  "]),
        _ => "",
    };
    format!("{{{space}{}{space}}}", members.join(&format!("{space},{space}")))
}
