//! Canonical base64url (RFC 4648 §5): no padding, no other alphabet, no non-zero trailing bits.
//! One text per value is what makes a changed cookie a different cookie (R11).
//!
//! The `base64` crate does the same and is the measure of this in the tests. It is not used here
//! because of what it costs the npm package, by brotli: 1.62 kB more than the cookie module's 7.93, and
//! 1.37 kB more than the statement module's 17.54, with a verification that is 8 % slower (1,673 ns in
//! place of 1,550, the best of eleven rounds in turns, Node.js 20). `base64ct` costs 0.76 kB, and half as
//! much time again.

#![expect(
    clippy::indexing_slicing,
    reason = "tables as long as their index can count, which the compiler sees"
)]
#![expect(clippy::arithmetic_side_effects, reason = "bits are counted from 0 to 13")]

use alloc::string::String;
use alloc::vec::Vec;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Marks what is no digit; every digit is below 64.
const NO_DIGIT: u8 = 0xff;

const DIGITS: [u8; 256] = {
    let mut digits = [NO_DIGIT; 256];
    let mut value = 0;
    while value < ALPHABET.len() {
        digits[ALPHABET[value] as usize] = value as u8;
        value += 1;
    }
    digits
};

pub(crate) fn encode(bytes: &[u8]) -> String {
    let mut text = alloc::vec![0; encoded_length(bytes.len())];
    encode_into(bytes, &mut text);
    text.into_iter().map(char::from).collect()
}

/// For members of JSON that are so many bytes.
pub(crate) mod text {
    use alloc::string::String;

    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(crate) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        super::encode(bytes).serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>, const N: usize>(
        deserializer: D,
    ) -> Result<[u8; N], D::Error> {
        let text = String::deserialize(deserializer)?;
        super::decode(text.as_bytes()).ok_or_else(|| D::Error::custom("not canonical base64url"))
    }
}

/// Fills `text`, which must be as long as what `bytes` become.
pub(crate) fn encode_into(bytes: &[u8], text: &mut [u8]) {
    let (mut bits, mut held) = (0u32, 0);
    let mut bytes = bytes.iter();
    for digit in text {
        if held < 6 {
            bits = bits << 8 | bytes.next().copied().map_or(0, u32::from);
            held += 8;
        }
        held -= 6;
        *digit = ALPHABET[(bits >> held & 63) as usize];
    }
}

/// Decodes exactly `N` bytes.
pub(crate) fn decode<const N: usize>(text: &[u8]) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    decode_into(text, &mut bytes).map(|()| bytes)
}

pub(crate) fn decode_any_length(text: &[u8]) -> Option<Vec<u8>> {
    // No number of bytes makes one digit more than a multiple of four: `decode_into` refuses it.
    let mut bytes = alloc::vec![0; text.len().checked_mul(3)? / 4];
    decode_into(text, &mut bytes).map(|()| bytes)
}

fn decode_into(text: &[u8], bytes: &mut [u8]) -> Option<()> {
    if text.len() != encoded_length(bytes.len()) {
        return None;
    }
    let (quads, digits) = text.as_chunks::<4>();
    let (groups, rest) = bytes.as_chunks_mut::<3>();
    let mut seen = 0;
    for (quad, group) in quads.iter().zip(groups) {
        *group = decode_group(*quad, &mut seen);
    }
    // `A` is the digit of value 0, so what it adds has to stay 0.
    let added = match (digits, rest) {
        ([], []) => 0,
        (&[a, b], [first]) => {
            let [byte, added, _] = decode_group([a, b, b'A', b'A'], &mut seen);
            *first = byte;
            added
        }
        (&[a, b, c], [first, second]) => {
            let added;
            [*first, *second, added] = decode_group([a, b, c, b'A'], &mut seen);
            added
        }
        _ => return None,
    };
    (seen < 64 && added == 0).then_some(())
}

/// Collects in `seen` what would mark a character that is no digit.
// A call for every four characters would take as long as what it does.
#[inline(always)]
fn decode_group(quad: [u8; 4], seen: &mut u8) -> [u8; 3] {
    let bits = quad.iter().fold(0, |bits, &char| {
        let digit = DIGITS[usize::from(char)];
        *seen |= digit;
        bits << 6 | u32::from(digit)
    });
    let [_, group @ ..] = bits.to_be_bytes();
    group
}

const fn encoded_length(bytes: usize) -> usize {
    bytes.saturating_mul(4).div_ceil(3)
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::{decode_any_length, encode};

    /// Under Miri, which takes a thousand times as long, each kind of end has to do.
    const LONGEST: u8 = if cfg!(miri) { 4 } else { 67 };

    /// R11: one text for each value, as strict as another implementation.
    #[test]
    fn texts_are_written_and_read_as_by_another_implementation() {
        for length in 0..=LONGEST {
            let bytes: alloc::vec::Vec<u8> = (0..length).map(|at| at.wrapping_mul(37) ^ length).collect();
            let text = encode(&bytes);
            assert_eq!(text, URL_SAFE_NO_PAD.encode(&bytes));
            assert_eq!(decode_any_length(text.as_bytes()), Some(bytes));
            // Every other last character: another value, other trailing bits, or no digit at all.
            let mut changed = text.into_bytes();
            for last in 0..=255 {
                if let Some(place) = changed.last_mut() {
                    *place = last;
                }
                assert_eq!(decode_any_length(&changed), URL_SAFE_NO_PAD.decode(&changed).ok(), "{changed:?}");
            }
        }
    }

    #[test]
    fn wrong_characters_do_not_make_up_for_each_other() {
        for text in ["????", "AA==", "A??A", "++++", "AAAA??", "??"] {
            assert_eq!(decode_any_length(text.as_bytes()), None, "{text}");
        }
    }
}
