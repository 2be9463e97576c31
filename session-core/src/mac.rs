use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// HMAC-SHA256 (RFC 2104) with a key of 32 bytes, held as the two hash states that follow from it.
#[derive(Clone)]
pub(crate) struct MacKey(Hmac<Sha256>);

impl MacKey {
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        // The key is padded with zeros to the block of 64 bytes (RFC 2104 §2).
        let mut block = Zeroizing::new([0; 64]);
        block.iter_mut().zip(key).for_each(|(place, byte)| *place = *byte);
        Self(Hmac::new(&(*block).into()))
    }

    /// The tag of `parts` as one text.
    // Not once for each caller: it would be a tenth of the WebAssembly module, three times.
    #[inline(never)]
    pub(crate) fn tag(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mac = parts.iter().fold(self.0.clone(), Mac::chain_update);
        mac.finalize().into_bytes().into()
    }

    /// Whether this is the tag of `text`, decided in constant time.
    pub(crate) fn verifies(&self, text: &[u8], tag: &[u8; 32]) -> bool {
        self.tag(&[text]).ct_eq(tag).into()
    }
}
