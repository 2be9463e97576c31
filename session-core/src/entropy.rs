/// Fresh random bytes: the one place where entropy enters this crate.
///
/// Native builds ask the operating system; WebAssembly asks `crypto.getRandomValues`. There is no
/// fallback: a guessable session is worse than none (R1).
///
/// # Errors
/// [`EntropyUnavailable`] when the generator does not answer.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], EntropyUnavailable> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| EntropyUnavailable)?;
    Ok(bytes)
}

/// The system's random number generator did not answer, so nothing was generated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the system's random number generator is unavailable")]
pub struct EntropyUnavailable;
