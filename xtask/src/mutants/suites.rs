//! What is changed, and the tests that are to see it.

pub(crate) struct Suite {
    pub(crate) package: &'static str,
    /// Those with rules; all, where none is named.
    pub(crate) files: &'static [&'static str],
    pub(crate) features: &'static str,
    /// What takes a moment to build and to run, and then the others, if there are, for what the first have let pass.
    pub(crate) rounds: &'static [&'static [&'static str]],
}

pub(crate) const SUITES: [Suite; 2] = [
    Suite {
        package: "session-core",
        files: &[],
        features: "testing",
        // Those of other crates' primitives (`wycheproof`) and of the seeds for fuzzing call nothing of ours.
        rounds: &[
            &["--lib", "--test=vectors", "--test=hostile_headers"],
            &["--test=properties", "--test=secrecy"],
        ],
    },
    Suite {
        package: "session-engine",
        files: &[
            "session-engine/src/keys.rs",
            "session-engine/src/legacy.rs",
            "session-engine/src/legacy/*.rs",
            "session-engine/src/record.rs",
            "session-engine/src/record/*.rs",
            "session-engine/src/sessions.rs",
            "session-engine/src/sessions/*.rs",
            "session-engine/src/subject.rs",
        ],
        features: "embedded,legacy,store-testing,users-file",
        rounds: &[&["--lib", "--test=sessions"]],
    },
];
