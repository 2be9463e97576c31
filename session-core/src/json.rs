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
