use redis::{Cmd, ToRedisArgs};

/// A command and the one key that it is for, which decides who is asked.
pub(super) struct Request {
    pub(super) key: String,
    pub(super) command: Cmd,
}

impl Request {
    /// The command of this name, whose first argument is the key.
    pub(super) fn new(name: &str, key: String) -> Self {
        let mut command = redis::cmd(name);
        command.arg(&key);
        Self { key, command }
    }

    pub(super) fn arg(mut self, argument: impl ToRedisArgs) -> Self {
        self.command.arg(argument);
        self
    }
}
