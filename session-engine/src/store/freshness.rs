/// How fresh an answer must be. Whoever reads says so each time, so that no cache in front of a
/// store can come between a decision and the truth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// For a check: what a cache of bounded age holds will do.
    MayBeCached,
    /// For a change, a renewal, a revocation or a reauthentication: as the store has it now.
    Confirmed,
}
