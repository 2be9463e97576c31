use std::process::Command;

/// Has a program that is yet to be started get no random bytes of the system; `no_entropy.c` says how.
pub fn without_entropy(command: &mut Command) {
    command.env("LD_PRELOAD", concat!(env!("OUT_DIR"), "/no_entropy.so"));
}
