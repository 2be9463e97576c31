//! What counts depend on beside the code.

use std::env::consts::ARCH;

use anyhow::Result;

use crate::process::{command, output};

/// The compiler and the processor, of which valgrind passes on AVX2 and nothing newer: with it the arithmetic of
/// statements is another.
pub(crate) fn name() -> Result<String> {
    let compiler = output(&mut command("rustc", ["--version"]))?;
    let vectors = if has_avx2() { " with AVX2" } else { "" };
    Ok(format!("{compiler} on {ARCH}{vectors}"))
}

#[cfg(target_arch = "x86_64")]
fn has_avx2() -> bool {
    std::arch::is_x86_feature_detected!("avx2")
}

#[cfg(not(target_arch = "x86_64"))]
const fn has_avx2() -> bool {
    false
}
