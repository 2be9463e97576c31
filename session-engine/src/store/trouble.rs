/// Something that a store is asked for and refuses, while it answers: an operator has to mend it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// What was asked for, such as `SET`.
    pub asked: String,
    /// Why not, such as `NOPERM`.
    pub reason: String,
    /// How often, since the server was started.
    pub times: u64,
}
