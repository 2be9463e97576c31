//! What must look before it writes, or at Redis' own clock. Each touches one key, or the few of events that
//! are placed by one, so it runs on a cluster.

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

/// Adds a member, forgets those that ended long ago, and has the whole kept as long as the last of them. Whether the
/// member is new.
pub(super) static PUT_IN_INDEX: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "local added = redis.call('ZADD', KEYS[1], ARGV[1], ARGV[2])
if redis.call('EXPIREAT', KEYS[1], ARGV[1], 'NX') == 0 then redis.call('EXPIREAT', KEYS[1], ARGV[1], 'GT') end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[3])
return added",
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

/// Appends an event, ends watching one session and begins watching another. What it takes is bounded, and whoever
/// logs out must be told of when Redis is full as well.
pub(super) static APPEND_EVENT: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "#!lua flags=allow-oom
redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], '*', 'event', ARGV[2])
if ARGV[3] ~= '' then
    redis.call('ZREM', KEYS[2], ARGV[3])
    redis.call('HDEL', KEYS[3], ARGV[3])
end
if ARGV[4] ~= '' then
    redis.call('ZADD', KEYS[2], ARGV[5], ARGV[4])
    redis.call('HSET', KEYS[3], ARGV[4], ARGV[6])
end
return 'done'",
    )
});

/// Whether the event at a place is kept, the place of the latest, and those behind that place. Writes nothing, so
/// it runs when Redis cannot write.
pub(super) static READ_EVENTS: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "#!lua flags=no-writes
local kept = #redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[1])
local latest = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)
local events = {}
for _, entry in ipairs(redis.call('XRANGE', KEYS[1], '(' .. ARGV[1], '+', 'COUNT', ARGV[2])) do
    events[#events + 1] = entry[1]
    events[#events + 1] = entry[2][2] or ''
end
return {kept, latest[1] and latest[1][1] or '0-0', events}",
    )
});

/// Watched sessions that may be gone by the server's own time, with whose they are. Whoever asks next gets them only
/// after some seconds, if by then they are still watched.
pub(super) static DUE_WATCHED: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "#!lua flags=allow-oom
local now = tonumber(redis.call('TIME')[1])
local due = {}
for _, id in ipairs(redis.call('ZRANGE', KEYS[1], '-inf', now, 'BYSCORE', 'LIMIT', 0, ARGV[1])) do
    redis.call('ZADD', KEYS[1], 'XX', now + ARGV[2], id)
    due[#due + 1] = id
    due[#due + 1] = redis.call('HGET', KEYS[2], id) or ''
end
return due",
    )
});

/// Ends watching a session, and appends an event where one is given: if it was watched still, so that of several
/// servers one does.
pub(super) static END_WATCHED: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "#!lua flags=allow-oom
if redis.call('ZREM', KEYS[2], ARGV[3]) == 0 then return 'absent' end
redis.call('HDEL', KEYS[3], ARGV[3])
if ARGV[2] ~= '' then redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], '*', 'event', ARGV[2]) end
return 'done'",
    )
});

/// Has somebody deliver events for some seconds, unless somebody else does; nothing then, or else up to where that
/// has been done.
pub(super) static LEASE_DELIVERY: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "#!lua flags=allow-oom
local now = tonumber(redis.call('TIME')[1])
local holder, ends_at, cursor = unpack(redis.call('HMGET', KEYS[1], 'holder', 'ends_at', 'cursor'))
if holder and holder ~= ARGV[1] and tonumber(ends_at) > now then return false end
redis.call('HSET', KEYS[1], 'holder', ARGV[1], 'ends_at', now + ARGV[2])
return cursor or '0-0'",
    )
});

/// Notes up to where events have been delivered, if that is by who is to do it.
pub(super) static NOTE_DELIVERED: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "#!lua flags=allow-oom
if redis.call('HGET', KEYS[1], 'holder') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'cursor', ARGV[2], 'ends_at', redis.call('TIME')[1] + ARGV[3])
return 1",
    )
});
