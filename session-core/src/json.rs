//! A small reader of JSON (RFC 8259) for what strangers hand in: statements, feeds and key sets.
//!
//! It takes a value only where a value of that kind is expected, a text only in its one meaning
//! (no lone surrogates), and nothing nested so deeply that reading it could exhaust a stack. What
//! is not understood is still read to its end: half a document is no document. Everything else
//! here is read and written by `serde_json`, which would be most of a WebAssembly module by size.

use alloc::string::String;

use crate::time::UnixTime;

/// As deep as `serde_json` reads, so that what is accepted here can be read by it.
const MAX_DEPTH: u8 = 127;

pub(crate) struct Reader<'t> {
    text: &'t str,
    at: usize,
    depth: u8,
}

/// Keeps the value of a member that may come only once.
pub(crate) fn once<T>(place: &mut Option<T>, value: Option<T>) -> Option<()> {
    place.replace(value?).is_none().then_some(())
}

/// What is done with each member of an object: given its name, it reads the value.
type ReadMember<'m, 't> = &'m mut dyn FnMut(&str, &mut Reader<'t>) -> Option<()>;

impl<'t> Reader<'t> {
    pub(crate) const fn new(text: &'t str) -> Self {
        Self { text, at: 0, depth: 0 }
    }

    /// For a text that is to become a part of a document, one level down.
    pub(crate) const fn nested(text: &'t str) -> Self {
        Self { depth: 1, ..Self::new(text) }
    }

    /// What `read` takes, if nothing comes after it.
    pub(crate) fn whole<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        let value = read(self)?;
        self.skip_space();
        (self.at == self.text.len()).then_some(value)
    }

    pub(crate) fn object(&mut self, member: ReadMember<'_, 't>) -> Option<()> {
        self.sequence(b'{', b'}', &mut |reader| {
            let name = reader.text()?;
            reader.expect(b':')?;
            member(&name, reader)
        })
    }

    pub(crate) fn array(&mut self, element: &mut dyn FnMut(&mut Self) -> Option<()>) -> Option<()> {
        self.sequence(b'[', b']', element)
    }

    pub(crate) fn text(&mut self) -> Option<String> {
        self.expect(b'"')?;
        let mut text = String::new();
        loop {
            // No byte of a longer character looks like one of these.
            let plain = self.rest().iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f))?;
            let end = self.at.checked_add(plain)?;
            text.push_str(self.text.get(self.at..end)?);
            self.at = end;
            match self.next()? {
                b'"' => return Some(text),
                b'\\' => text.push(self.escaped()?),
                _ => return None,
            }
        }
    }

    /// The inner `None` is a value of another kind.
    pub(crate) fn text_or_other(&mut self) -> Option<Option<String>> {
        self.skip_space();
        if self.peek()? == b'"' { self.text().map(Some) } else { self.raw().map(|_| None) }
    }

    /// A time in whole seconds, as [`UnixTime`] holds them.
    pub(crate) fn time(&mut self) -> Option<UnixTime> {
        let mut secs: u64 = 0;
        for digit in self.raw()?.bytes() {
            let digit = digit.checked_sub(b'0').filter(|&digit| digit < 10)?;
            secs = secs.checked_mul(10)?.checked_add(digit.into())?;
        }
        secs.try_into().ok()
    }

    /// The text of an object, unchanged.
    pub(crate) fn raw_object(&mut self) -> Option<&'t str> {
        self.raw().filter(|raw| raw.as_bytes().first() == Some(&b'{'))
    }

    /// Any value, for its text alone.
    pub(crate) fn raw(&mut self) -> Option<&'t str> {
        self.skip_space();
        let start = self.at;
        match self.peek()? {
            b'{' => self.object(&mut |_, reader| reader.raw().map(drop))?,
            b'[' => self.array(&mut |reader| reader.raw().map(drop))?,
            b'"' => self.text().map(drop)?,
            b't' => self.literal("true")?,
            b'f' => self.literal("false")?,
            b'n' => self.literal("null")?,
            _ => self.number()?,
        }
        self.text.get(start..self.at)
    }

    /// Line and column where reading stopped, from 1.
    pub(crate) fn position(&self) -> (usize, usize) {
        let read = self.text.get(..self.at).unwrap_or(self.text);
        let line = read.bytes().filter(|&byte| byte == b'\n').count();
        let column = read.bytes().rev().take_while(|&byte| byte != b'\n').count();
        (line.saturating_add(1), column.saturating_add(1))
    }

    fn sequence(
        &mut self,
        open: u8,
        close: u8,
        element: &mut dyn FnMut(&mut Self) -> Option<()>,
    ) -> Option<()> {
        self.expect(open)?;
        self.depth = self.depth.checked_add(1).filter(|&depth| depth <= MAX_DEPTH)?;
        self.skip_space();
        if self.peek()? == close {
            self.next()?;
        } else {
            loop {
                element(self)?;
                self.skip_space();
                match self.next()? {
                    b',' => {}
                    byte if byte == close => break,
                    _ => return None,
                }
            }
        }
        self.depth = self.depth.checked_sub(1)?;
        Some(())
    }

    fn escaped(&mut self) -> Option<char> {
        Some(match self.next()? {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\x08',
            b'f' => '\x0c',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.utf16(),
            _ => return None,
        })
    }

    /// A character written as one UTF-16 unit, or as a pair of surrogates.
    fn utf16(&mut self) -> Option<char> {
        let first = self.hex()?;
        if !(0xd800..0xdc00).contains(&first) {
            // `None` for a second surrogate that follows no first.
            return char::from_u32(first);
        }
        self.literal("\\u")?;
        let high = first.checked_sub(0xd800)?;
        let low = self.hex()?.checked_sub(0xdc00).filter(|&low| low < 0x400)?;
        char::from_u32((high << 10 | low).checked_add(0x1_0000)?)
    }

    fn hex(&mut self) -> Option<u32> {
        (0..4).try_fold(0, |unit, _| Some(unit << 4 | char::from(self.next()?).to_digit(16)?))
    }

    fn number(&mut self) -> Option<()> {
        self.take(b"-");
        if !self.take(b"0") {
            self.digits()?;
        }
        if self.take(b".") {
            self.digits()?;
        }
        if self.take(b"eE") {
            self.take(b"+-");
            self.digits()?;
        }
        Some(())
    }

    fn digits(&mut self) -> Option<()> {
        const DIGITS: &[u8] = b"0123456789";
        self.take(DIGITS).then_some(())?;
        while self.take(DIGITS) {}
        Some(())
    }

    fn literal(&mut self, word: &str) -> Option<()> {
        word.bytes().try_for_each(|byte| (self.next()? == byte).then_some(()))
    }

    /// This byte, after any space.
    fn expect(&mut self, byte: u8) -> Option<()> {
        self.skip_space();
        (self.next()? == byte).then_some(())
    }

    fn skip_space(&mut self) {
        while self.take(b" \t\n\r") {}
    }

    /// Goes past the next byte if it is one of these.
    fn take(&mut self, any: &[u8]) -> bool {
        let taken = self.peek().is_some_and(|byte| any.contains(&byte));
        self.at = self.at.saturating_add(taken.into());
        taken
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at = self.at.checked_add(1)?;
        Some(byte)
    }

    fn peek(&self) -> Option<u8> {
        self.rest().first().copied()
    }

    fn rest(&self) -> &'t [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;
    use alloc::vec::Vec;

    use serde_json::Value;

    use super::*;

    fn takes(text: &str) -> bool {
        Reader::new(text).whole(Reader::raw).is_some()
    }

    #[test]
    fn a_value_is_one_for_this_reader_if_it_is_for_another() {
        let values = [
            "null",
            "true",
            "false",
            "nul",
            "nulll",
            "True",
            "tru e",
            "0",
            "-0",
            "01",
            "-",
            "-1",
            "+1",
            "12",
            "1.5",
            "1.",
            ".5",
            "0.10",
            "1e5",
            "1E+5",
            "1e-5",
            "1e",
            "1e+",
            "1.e1",
            "0e0",
            "00",
            "0x1",
            "1 2",
            "1,",
            "NaN",
            "[]",
            "[ ]",
            "[1]",
            "[1,2]",
            "[1, 2 ]",
            "[,]",
            "[1,]",
            "[1}",
            "[1x",
            "{\"a\":1]",
            "[1 2]",
            "[",
            "]",
            "[}",
            "{}",
            "{ }",
            "{\"a\":1}",
            "{ \"a\" : 1 , \"b\":[] }",
            "{\"a\"}",
            "{\"a\":}",
            "{\"a\":1,}",
            "{a:1}",
            "{1:1}",
            "{\"a\":1 \"b\":1}",
            "{",
            "{]",
            "\"\"",
            "\"a\"",
            "\"",
            "\"a",
            "a\"",
            "'a'",
            "",
            " ",
            "\u{feff}1",
            "\u{b}1",
            "\u{a0}1",
            "\t\r\n 1 \t\r\n",
            "{}{}",
            "[]x",
            "[[[]],{\"a\":{}}]",
            "{\"\":0}",
            "[\"a\\\"]",
            "/**/1",
        ];
        for text in values {
            assert_eq!(takes(text), serde_json::from_str::<Value>(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn a_text_means_to_this_reader_what_it_means_to_another() {
        let texts = [
            "a",
            "é€𝄞",
            "\\\"",
            "\\\\",
            "\\/",
            "\\b",
            "\\f",
            "\\n",
            "\\r",
            "\\t",
            "\\u0041",
            "\\u00e9",
            "\\uFFFF",
            "\\ud834\\udd1e",
            "\\uD834\\uDD1E",
            "\\udbff\\udfff",
            "\\ud800\\udc00",
            "a\\nb\\\\c",
            "\\a",
            "\\'",
            "\\",
            "\\u",
            "\\u12",
            "\\u12g4",
            "\\u+123",
            "\\U0041",
            "\\ud834",
            "\\udd1e",
            "\\ud834\\ud834",
            "\\ud834x",
            "\\ud834\\n",
            "\\ud834\\udbff",
            "\\ud834\\ue000",
            "\\udc00\\ud800",
            "\u{1f}",
            "\n",
            "\t",
            "\u{0}",
            "\u{7f}",
            "\u{20}",
            "a\"b",
        ];
        for text in texts.map(|text| alloc::format!("\"{text}\"")) {
            let read = Reader::new(&text).whole(Reader::text);
            assert_eq!(read, serde_json::from_str(&text).ok(), "{text}");
            assert_eq!(takes(&text), read.is_some(), "{text}");
        }
    }

    #[test]
    fn a_document_is_127_levels_deep_at_most_and_as_wide_as_it_likes() {
        let nested = |levels: usize| ["[".repeat(levels), "]".repeat(levels)].concat();
        assert!(takes(&nested(127)) && !takes(&nested(128)));
        let part = |levels: usize| Reader::nested(&nested(levels)).whole(Reader::raw).is_some();
        assert!(part(126) && !part(127));
        let beside = alloc::vec!["{\"a\":[]}"; 300].join(",");
        assert!(takes(&alloc::format!("[{beside}]")));
    }

    #[test]
    fn a_time_is_digits_alone_and_at_most_eleven() {
        let time = |text: &str| Reader::new(text).whole(Reader::time).map(UnixTime::as_secs);
        for secs in [0, 7, 10, 1_700_000_000, 99_999_999_999] {
            assert_eq!(time(&secs.to_string()), Some(secs));
        }
        let no_times =
            ["100000000000", "18446744073709551617", "99999999999999999999999", "-1", "1.0", "1e3"];
        for text in no_times.into_iter().chain(["01", "\"1\"", "[1]", "null", "", "1 1", "1:"]) {
            assert_eq!(time(text), None, "{text}");
        }
    }

    #[test]
    fn a_member_is_read_by_its_kind_and_may_come_once() {
        let other = |text: &'static str| Reader::new(text).whole(Reader::text_or_other);
        assert_eq!(other(" \"a\""), Some(Some("a".into())));
        assert_eq!([other(" 1"), other("{\"a\":\"b\"}")], [Some(None), Some(None)]);
        assert_eq!([other("\"a"), other("x"), other("")], [None, None, None]);
        let object = |text: &'static str| Reader::new(text).whole(Reader::raw_object);
        assert_eq!(object(" {\"a\": 1.0} "), Some("{\"a\": 1.0}"));
        assert_eq!([object("[]"), object("1"), object("{")], [None, None, None]);
        let mut place = None;
        assert_eq!(
            [once(&mut place, Some(1)), once(&mut place, None), once(&mut place, Some(2))],
            [Some(()), None, None]
        );
    }

    #[test]
    fn the_place_where_reading_stopped_is_told_by_line_and_column() {
        for (text, place) in [("", (1, 1)), ("[1, x", (1, 5)), ("[\n1,\n  x]", (3, 3)), ("[1]\n\n2", (3, 1))]
        {
            let mut reader = Reader::new(text);
            assert!(reader.whole(Reader::raw).is_none());
            assert_eq!(reader.position(), place, "{text}");
        }
    }

    #[test]
    fn members_and_elements_come_in_their_order() {
        let mut seen = Vec::new();
        Reader::new("{\"b\":[1,2],\"a\":3}").whole(|reader| {
            reader.object(&mut |name, reader| {
                seen.push(name.to_string());
                match name {
                    "b" => reader.array(&mut |reader| {
                        seen.push(reader.raw()?.to_string());
                        Some(())
                    }),
                    _ => reader.raw().map(|raw| seen.push(raw.to_string())),
                }
            })
        });
        assert_eq!(seen, ["b", "1", "2", "a", "3"]);
    }
}
