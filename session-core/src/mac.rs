use hmac::block_api::HmacCore;
use hmac::digest::array::Array;
use hmac::digest::block_api::{Block, Buffer, FixedOutputCore, UpdateCore};
use hmac::{KeyInit, digest::Output};
use sha2::Sha256;
use subtle::ConstantTimeEq;

type Core = HmacCore<Sha256>;

/// HMAC-SHA256 (RFC 2104) with a key of 32 bytes, held as the two hash states that follow from it.
#[derive(Clone)]
pub(crate) struct MacKey(Core);

impl MacKey {
    #[inline(never)]
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        // The key is padded with zeros to the block of 64 bytes (RFC 2104 §2). What is kept of it, the
        // two states, is worth as much as the key, and is what is erased when it is dropped.
        let mut block = Block::<Core>::default();
        block.iter_mut().zip(key).for_each(|(place, byte)| *place = *byte);
        Self(Core::new(&block))
    }

    /// The tag of `text`.
    // Not once for each caller: it would be a tenth of the WebAssembly module, three times.
    #[inline(never)]
    pub(crate) fn tag(&self, text: &[u8]) -> [u8; 32] {
        let mut core = self.0.clone();
        let (blocks, rest) = Array::slice_as_chunks(text);
        core.update_blocks(blocks);
        let mut tag = Output::<Core>::default();
        core.finalize_fixed_core(&mut Buffer::<Core>::new(rest), &mut tag);
        tag.into()
    }

    /// Whether this is the tag of `text`, decided in constant time.
    pub(crate) fn verifies(&self, text: &[u8], tag: &[u8; 32]) -> bool {
        words(&self.tag(text)).ct_eq(&words(tag)).into()
    }
}

/// As few comparisons as there can be.
fn words(bytes: &[u8; 32]) -> [u64; 4] {
    let mut words = [0; 4];
    for (word, bytes) in words.iter_mut().zip(bytes.as_chunks().0) {
        *word = u64::from_ne_bytes(*bytes);
    }
    words
}
