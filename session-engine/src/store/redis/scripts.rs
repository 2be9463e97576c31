//! What must look before it writes, or at Redis' own clock. Each touches one key, so it runs on a
//! cluster.

use std::sync::LazyLock;

/// A script that Redis is told of once, and then called by its hash.
pub(super) struct Script {
    pub(super) text: &'static str,
    pub(super) hash: String,
}

impl Script {
    fn new(text: &'static str) -> Self {
        Self { text, hash: redis::Script::new(text).get_hash().to_owned() }
    }
}

/// Replaces the document if it is still the expected one. Refused when Redis is full.
pub(super) static UPDATE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "local document = redis.call('GET', KEYS[1])
if not document then return 'absent' end
if document ~= ARGV[1] then return 'conflict' end
redis.call('SET', KEYS[1], ARGV[2], 'KEEPTTL')
return 'done'",
    )
});

/// Deletes the document if it is still the expected one. Frees memory, so it runs when Redis is
/// full.
pub(super) static DELETE_UNCHANGED: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "#!lua flags=allow-oom
local document = redis.call('GET', KEYS[1])
if not document then return 'absent' end
if document ~= ARGV[1] then return 'conflict' end
redis.call('DEL', KEYS[1])
return 'done'",
    )
});

/// Sets the epoch. It takes some bytes for an hour, but it is what comes before deleting sessions:
/// whoever logs out everywhere must not be refused because Redis is full.
pub(super) static CHANGE_EPOCH: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "#!lua flags=allow-oom
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
return 'done'",
    )
});

/// Notes a member at the server's own time, forgets those that are too old, and has the whole
/// forgotten with the last of them. It takes some bytes for minutes, and whoever logs out must not
/// be refused because Redis is full.
pub(super) static NOTE_REVOCATION: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "#!lua flags=allow-oom
local now = redis.call('TIME')[1]
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[2])
return 'done'",
    )
});

/// The server's own time, and the members that are not too old by it. Writes nothing, so it runs
/// when Redis cannot write.
pub(super) static REVOCATIONS: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "#!lua flags=no-writes
local now = redis.call('TIME')[1]
return {now, redis.call('ZRANGE', KEYS[1], '(' .. (now - ARGV[1]), '+inf', 'BYSCORE')}",
    )
});

/// Takes one attempt back, if there is one: a bare `DECR` would leave a negative counter without
/// an end where none was.
pub(super) static FORGIVE_ATTEMPT: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "#!lua flags=allow-oom
local count = tonumber(redis.call('GET', KEYS[1]) or 0)
if count > 1 then redis.call('DECR', KEYS[1]) else redis.call('DEL', KEYS[1]) end
return 'done'",
    )
});
