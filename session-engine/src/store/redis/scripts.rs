//! What must look before it writes, or at Redis' own clock. Each touches one key, so it runs on a
//! cluster.

use std::sync::LazyLock;

/// A script that Redis is told of once, and then called by its hash.
pub(super) struct Script {
    pub(super) text: String,
    pub(super) hash: String,
}

impl Script {
    fn new(text: &str) -> Self {
        Self { text: text.to_owned(), hash: redis::Script::new(text).get_hash().to_owned() }
    }

    fn of(parts: &[&str]) -> Self {
        Self::new(&parts.concat())
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

/// The server's own time, how many members are not too old by it, and the latest of those noted since a
/// second, that one included. Writes nothing, so it runs when Redis cannot write.
pub(super) static REVOCATIONS: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "#!lua flags=no-writes
local now = tonumber(redis.call('TIME')[1])
local oldest = now - ARGV[1]
local total = redis.call('ZCOUNT', KEYS[1], '(' .. oldest, '+inf')
local since = math.max(oldest + 1, tonumber(ARGV[3]))
local latest = {'+inf', since, 'BYSCORE', 'REV', 'LIMIT', 0, ARGV[2], 'WITHSCORES'}
return {now, total, redis.call('ZRANGE', KEYS[1], unpack(latest))}",
    )
});

/// A counter of attempts is a text: how many failed, how many are under way, and when the last of
/// these began. It lives as long as its window, and without failures as long as what is under way.
const READ_ATTEMPTS: &str = "#!lua flags=allow-oom
local failed, pending, begun = string.match(redis.call('GET', KEYS[1]) or '', '^(%d+) (%d+) (%d+)$')
failed, pending, begun = tonumber(failed or 0), tonumber(pending or 0), tonumber(begun or 0)
";

/// Begins an attempt, if those that failed and those under way are fewer than the limit.
pub(super) static BEGIN_ATTEMPT: LazyLock<Script> = LazyLock::new(|| {
    Script::of(&[
        READ_ATTEMPTS,
        "local limit, patience = tonumber(ARGV[1]), tonumber(ARGV[2])
local now = tonumber(redis.call('TIME')[1])
if now - begun >= patience then pending = 0 end
if failed >= limit then
    local left = redis.call('TTL', KEYS[1])
    if left >= 0 then return {'refused', left} end
    redis.call('EXPIRE', KEYS[1], patience)
    return {'refused', patience}
end
if failed + pending >= limit then return {'full', 0} end
local counter = failed .. ' ' .. (pending + 1) .. ' ' .. now
if failed > 0 then
    redis.call('SET', KEYS[1], counter, 'KEEPTTL')
else
    redis.call('SET', KEYS[1], counter, 'EX', patience)
end
return {'admitted', 0}",
    ])
});

/// Ends an attempt. The window begins with the first that failed.
pub(super) static END_ATTEMPT: LazyLock<Script> = LazyLock::new(|| {
    Script::of(&[
        READ_ATTEMPTS,
        "local has_failed, window = ARGV[1] == '1', ARGV[2]
local is_first = failed == 0
if has_failed then failed = failed + 1 end
if pending > 0 then pending = pending - 1 end
if failed == 0 and pending == 0 then
    redis.call('DEL', KEYS[1])
    return 'done'
end
local counter = failed .. ' ' .. pending .. ' ' .. begun
if has_failed and is_first then
    redis.call('SET', KEYS[1], counter, 'EX', window)
else
    redis.call('SET', KEYS[1], counter, 'KEEPTTL')
end
return 'done'",
    ])
});
