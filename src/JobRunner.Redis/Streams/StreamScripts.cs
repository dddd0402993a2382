using JobRunner.Redis.Protocol;

namespace JobRunner.Redis.Streams;

/// <summary>
/// The steps of a queue that must happen together or not at all. Time is the server's. Beside each stream stand two keys:
/// <c>:leases</c>, a sorted set of the entries that are handed out by the end of their lease (0: given back), and
/// <c>:interruptions</c>, a hash of how often a lease ended without a word.
/// </summary>
internal static class StreamScripts
{
    /// <summary>What several scripts use.</summary>
    public const string Common = """
        local function now()
          local t = redis.call('TIME')
          return t[1] * 1000 + math.floor(t[2] / 1000)
        end
        local function leases(stream) return stream .. ':leases' end
        local function interruptions(stream) return stream .. ':interruptions' end
        local function pair_of(list, name)
          for i = 1, #list, 2 do
            if list[i] == name then return list[i + 1] end
          end
        end
        local function group_of(stream, group)
          local groups = redis.pcall('XINFO', 'GROUPS', stream)
          if groups.err then return nil, 0 end
          for _, info in ipairs(groups) do
            if pair_of(info, 'name') == group then return info, #groups end
          end
          return nil, #groups
        end
        local function is_held(stream, group, consumer, id, delivery)
          local lease = redis.call('ZSCORE', leases(stream), id)
          if not lease or lease == '0' then return false end
          local pending = redis.pcall('XPENDING', stream, group, id, id, 1)
          return not pending.err and pending[1] and pending[1][2] == consumer and pending[1][4] == tonumber(delivery)
        end
        local function acknowledge(stream, group, id)
          redis.call('XACK', stream, group, id)
          redis.call('ZREM', leases(stream), id)
          redis.call('HDEL', interruptions(stream), id)
          local _, groups = group_of(stream, group)
          if groups == 1 then redis.call('XDEL', stream, id) end
        end
        local function slice(from)
          local part = {}
          for i = from, #ARGV do part[#part + 1] = ARGV[i] end
          return part
        end

        """;

    /// <summary>
    /// Moves what is due, then takes entries from the highest priority down: those whose lease has ended before new ones.
    /// KEYS: delayed, paused, dead letters, streams. ARGV: group, consumer, most entries, lease in ms, whether to look for
    /// entries without a lease, most interruptions, ISO 8601 time. Returns: whether paused, ms until the next one is due
    /// or -1, then {stream number, id, delivery, fields} of each.
    /// </summary>
    public static RedisScript Fetch { get; } = new(Common + """
        local group, consumer, left, lease = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
        if redis.call('EXISTS', KEYS[2]) == 1 then return {1, -1} end
        local time = now()
        for _, member in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', time, 'LIMIT', 0, 100)) do
          local entry = cmsgpack.unpack(member)
          redis.call('XADD', entry[1], '*', unpack(entry[2]))
          redis.call('ZREM', KEYS[1], member)
        end
        local taken = {0, -1}
        local function take(key, id, delivery, fields)
          redis.call('ZADD', leases(KEYS[key]), time + lease, id)
          taken[#taken + 1] = {key - 4, id, delivery, fields}
          left = left - 1
        end
        local function is_lost(stream, id, was, fields)
          if was == 0 or redis.call('HINCRBY', interruptions(stream), id, 1) <= tonumber(ARGV[6]) then return false end
          local letter = {}
          for i = 1, math.min(#fields, 2000) do letter[i] = fields[i] end
          if not pair_of(letter, 'id') then letter[#letter + 1] = 'id'; letter[#letter + 1] = stream .. '-' .. id end
          for _, value in ipairs({
            'error', 'its worker was lost ' .. ARGV[6] + 1 .. ' times', 'error_type', 'TaskLost',
            'attempts', pair_of(letter, 'attempt') or '1', 'last_failed_at', ARGV[7] }) do letter[#letter + 1] = value end
          redis.call('XADD', KEYS[3], '*', unpack(letter))
          acknowledge(stream, group, id)
          return true
        end
        for key = 4, #KEYS do
          local stream = KEYS[key]
          if ARGV[5] == '1' then
            for _, pending in ipairs(redis.call('XPENDING', stream, group, 'IDLE', lease, '-', '+', 100)) do
              redis.call('ZADD', leases(stream), 'NX', 1, pending[1])
            end
          end
          if left > 0 then
            for _, id in ipairs(redis.call('ZRANGEBYSCORE', leases(stream), '-inf', time, 'LIMIT', 0, left)) do
              local was = tonumber(redis.call('ZSCORE', leases(stream), id))
              local claimed = redis.call('XCLAIM', stream, group, consumer, 0, id)
              if not claimed[1] or not claimed[1][2] then
                redis.call('ZREM', leases(stream), id)
                redis.call('HDEL', interruptions(stream), id)
              elseif not is_lost(stream, id, was, claimed[1][2]) then
                take(key, id, redis.call('XPENDING', stream, group, id, id, 1)[1][4], claimed[1][2])
              end
            end
          end
          if left > 0 then
            local read = redis.call('XREADGROUP', 'GROUP', group, consumer, 'COUNT', left, 'STREAMS', stream, '>')
            if read then
              for _, entry in ipairs(read[1][2]) do take(key, entry[1], 1, entry[2]) end
            end
          end
        end
        local due = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
        if due[2] then taken[2] = math.max(0, tonumber(due[2]) - time) end
        return taken
        """);

    /// <summary>
    /// Gives leases to entries that a blocking read has brought, which no script can do. KEYS: paused. ARGV: most entries,
    /// lease in ms, then stream and id of each. Returns how many may run; the rest is given back, which is all where the
    /// queue has been paused meanwhile.
    /// </summary>
    public static RedisScript Adopt { get; } = new(Common + """
        local most = tonumber(ARGV[1])
        if redis.call('EXISTS', KEYS[1]) == 1 then most = 0 end
        local time = now()
        for i = 3, #ARGV, 2 do
          local ends = 0
          if (i - 1) / 2 <= most then ends = time + tonumber(ARGV[2]) end
          redis.call('ZADD', leases(ARGV[i]), ends, ARGV[i + 1])
        end
        return math.min(most, (#ARGV - 2) / 2)
        """);

    /// <summary>KEYS: stream. ARGV: group, consumer, id, delivery. Returns 1, or 0 where the lease is lost.</summary>
    public static RedisScript Complete { get; } = new(Common + """
        if not is_held(KEYS[1], unpack(ARGV)) then return 0 end
        acknowledge(KEYS[1], ARGV[1], ARGV[3])
        return 1
        """);

    /// <summary>KEYS: stream. ARGV: group, consumer, id, delivery. Returns 1, or 0 where the lease is lost.</summary>
    public static RedisScript Release { get; } = new(Common + """
        if not is_held(KEYS[1], unpack(ARGV)) then return 0 end
        redis.call('ZADD', leases(KEYS[1]), 0, ARGV[3])
        return 1
        """);

    /// <summary>ARGV: group, consumer, lease in ms, then stream, id and delivery of each. Returns 1 or 0 for each.</summary>
    public static RedisScript Renew { get; } = new(Common + """
        local held = {}
        local ends = now() + tonumber(ARGV[3])
        for i = 4, #ARGV, 3 do
          local stream, id = ARGV[i], ARGV[i + 1]
          if is_held(stream, ARGV[1], ARGV[2], id, ARGV[i + 2]) then
            redis.call('XCLAIM', stream, ARGV[1], ARGV[2], 0, id, 'IDLE', 0, 'JUSTID')
            redis.call('ZADD', leases(stream), ends, id)
            held[#held + 1] = 1
          else
            held[#held + 1] = 0
          end
        end
        return held
        """);

    /// <summary>KEYS: stream, delayed. ARGV: group, consumer, id, delivery, delay in ms, stream to return to, fields.
    /// Returns 1, or 0 where the lease is lost.</summary>
    public static RedisScript Delay { get; } = new(Common + """
        if not is_held(KEYS[1], ARGV[1], ARGV[2], ARGV[3], ARGV[4]) then return 0 end
        redis.call('ZADD', KEYS[2], now() + tonumber(ARGV[5]), cmsgpack.pack({ARGV[6], slice(7)}))
        acknowledge(KEYS[1], ARGV[1], ARGV[3])
        return 1
        """);

    /// <summary>KEYS: stream, other stream. ARGV: group, consumer, id, delivery, fields. Returns 1, or 0 where the lease is
    /// lost.</summary>
    public static RedisScript Bury { get; } = new(Common + """
        if not is_held(KEYS[1], ARGV[1], ARGV[2], ARGV[3], ARGV[4]) then return 0 end
        redis.call('XADD', KEYS[2], '*', unpack(slice(5)))
        acknowledge(KEYS[1], ARGV[1], ARGV[3])
        return 1
        """);

    /// <summary>KEYS: stream, delayed, perhaps the idempotency key. ARGV: id, its time in ms or 0, how long the idempotency
    /// key is remembered in ms, fields. Returns the id, or that of the earlier message.</summary>
    public static RedisScript Put { get; } = new(Common + """
        if KEYS[3] then
          local known = redis.call('GET', KEYS[3])
          if known then return known end
          redis.call('SET', KEYS[3], ARGV[1], 'PX', ARGV[3])
        end
        local fields = slice(4)
        if tonumber(ARGV[2]) > now() then
          redis.call('ZADD', KEYS[2], ARGV[2], cmsgpack.pack({KEYS[1], fields}))
        else
          redis.call('XADD', KEYS[1], '*', unpack(fields))
        end
        return ARGV[1]
        """);
}
