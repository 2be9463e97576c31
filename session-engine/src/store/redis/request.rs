use redis::{Cmd, ToRedisArgs};

use super::scripts::Script;

/// What most commands have.
const ARGUMENTS: usize = 4;

/// Of what stands behind the key in a command without a document.
const LENGTH: usize = 32;

/// A command and the one key that it is for, which decides who is asked.
pub(super) struct Request {
    pub(super) key: String,
    pub(super) command: Cmd,
    /// What the command runs by its hash.
    pub(super) script: Option<&'static Script>,
}

impl Request {
    /// The command of this name, whose first argument is the key.
    pub(super) fn new(name: &str, key: String) -> Self {
        let mut command = Cmd::with_capacity(ARGUMENTS, name.len() + key.len() + LENGTH);
        command.arg(name).arg(&key);
        Self { key, command, script: None }
    }

    /// A script that touches this one key.
    pub(super) fn script(script: &'static Script, key: String, arguments: &[&[u8]]) -> Self {
        Self::script_on(script, key, &[], arguments)
    }

    /// A script that touches this key, and others that are placed by it.
    pub(super) fn script_on(
        script: &'static Script,
        key: String,
        others: &[String],
        arguments: &[&[u8]],
    ) -> Self {
        let mut command = redis::cmd("EVALSHA");
        command.arg(&script.hash).arg(1 + others.len()).arg(&key).arg(others).arg(arguments);
        Self { key, command, script: Some(script) }
    }

    pub(super) fn arg(mut self, argument: impl ToRedisArgs) -> Self {
        self.command.arg(argument);
        self
    }
}
