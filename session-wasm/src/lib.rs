//! The verdicts of `session-core` for JavaScript.
//!
//! Three features, built as three WebAssembly modules, so that what a page loads cannot even be given
//! a symmetric key (R18): `cookie` for trusted edges, `statement` for everyone, and `testing`, which
//! signs, for the tests of applications and nothing else. There is no rule
//! here: what is refused, and why, is the core's to say. The entry points that people import are
//! in `js/`; `cargo xtask package` puts all of it together.
//!
//! Texts cross over by one buffer, which each side reads where the other wrote: that is several
//! times faster than a call with a text as its argument. Keys stay here, and JavaScript knows them
//! by a number.

#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

mod buffer;
#[cfg(feature = "cookie")]
pub mod cookie;
mod held;
#[cfg(target_arch = "wasm32")]
mod runtime;
mod slab;
#[cfg(feature = "statement")]
pub mod statement;
#[cfg(feature = "testing")]
pub mod testing;

use session_core::UnixTime;

/// Whole seconds as JavaScript counts them, with a `number`. The entry points have refused all
/// that is not a whole number of the core's range; what would come through anyway saturates.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates")]
fn from_number(seconds: f64) -> UnixTime {
    UnixTime::from_secs(seconds as u64)
}

/// Exact: the core's times have at most 11 digits.
#[cfg(any(feature = "cookie", feature = "statement"))]
#[expect(clippy::cast_precision_loss, reason = "11 digits fit into the 53 bits of a `number`")]
fn to_number(time: UnixTime) -> f64 {
    time.as_secs() as f64
}
