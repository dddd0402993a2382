using JobRunner.Redis.Protocol;

namespace JobRunner.Redis.Streams;

/// <summary>The steps of those who look after a queue: count, look, drop, put back.</summary>
internal static class StreamOperatorScripts
{
    /// <summary>KEYS: delayed, paused, dead letters, streams. ARGV: group. Returns: may run now, scheduled, running, dead
    /// letters, id of the oldest that may run or '', ms of the next due or -1, whether paused.</summary>
    public static RedisScript Inspect { get; } = new(StreamScripts.Common + """
        local depth, running, oldest = 0, 0, ''
        for key = 4, #KEYS do
          local info, groups = group_of(KEYS[key], ARGV[1])
          local last, pending, waiting = '0-0', 0, nil
          if info then
            last, pending = pair_of(info, 'last-delivered-id'), pair_of(info, 'pending')
            if groups > 1 then waiting = pair_of(info, 'lag') end
          end
          local back = redis.call('ZCOUNT', leases(KEYS[key]), 0, 0)
          depth = depth + (waiting or math.max(0, redis.call('XLEN', KEYS[key]) - pending)) + back
          running = running + math.max(0, pending - back)
          local first = redis.call('XRANGE', KEYS[key], '(' .. last, '+', 'COUNT', 1)
          local given = redis.call('ZRANGEBYSCORE', leases(KEYS[key]), 0, 0, 'LIMIT', 0, 1)
          for _, id in ipairs({given[1] or false, first[1] and first[1][1] or false}) do
            if id and (oldest == '' or tonumber(string.match(id, '%d+')) < tonumber(string.match(oldest, '%d+'))) then oldest = id end
          end
        end
        local due = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
        return {depth, redis.call('ZCARD', KEYS[1]), running, redis.call('XLEN', KEYS[3]), oldest,
          due[2] and tonumber(due[2]) or -1, redis.call('EXISTS', KEYS[2])}
        """);

    /// <summary>KEYS: delayed, streams. ARGV: group, most. Returns {stream, id, fields} of each.</summary>
    public static RedisScript Peek { get; } = new(StreamScripts.Common + """
        local seen, left = {}, tonumber(ARGV[2])
        local function show(stream, entry)
          seen[#seen + 1] = {stream, entry[1], entry[2]}
          left = left - 1
        end
        for key = 2, #KEYS do
          if left > 0 then
            for _, id in ipairs(redis.call('ZRANGEBYSCORE', leases(KEYS[key]), 0, 0, 'LIMIT', 0, left)) do
              local entry = redis.call('XRANGE', KEYS[key], id, id)[1]
              if entry then show(KEYS[key], entry) end
            end
          end
          if left > 0 then
            local info = group_of(KEYS[key], ARGV[1])
            local last = info and pair_of(info, 'last-delivered-id') or '0-0'
            for _, entry in ipairs(redis.call('XRANGE', KEYS[key], '(' .. last, '+', 'COUNT', left)) do show(KEYS[key], entry) end
          end
        end
        if left > 0 then
          for _, member in ipairs(redis.call('ZRANGE', KEYS[1], 0, left - 1)) do
            local entry = cmsgpack.unpack(member)
            show(entry[1], {'', entry[2]})
          end
        end
        return seen
        """);

    /// <summary>Drops a portion of what waits. A stream that other groups read, too, is left to them. KEYS: delayed,
    /// streams. ARGV: group, most of each. Returns how many.</summary>
    public static RedisScript Purge { get; } = new(StreamScripts.Common + """
        local dropped = 0
        for key = 2, #KEYS do
          local stream = KEYS[key]
          for _, id in ipairs(redis.call('ZRANGEBYSCORE', leases(stream), 0, 0, 'LIMIT', 0, ARGV[2])) do
            acknowledge(stream, ARGV[1], id)
            dropped = dropped + 1
          end
          local info, groups = group_of(stream, ARGV[1])
          local last = info and pair_of(info, 'last-delivered-id') or '0-0'
          local entries = redis.call('XRANGE', stream, '(' .. last, '+', 'COUNT', ARGV[2])
          for _, entry in ipairs(entries) do
            if groups <= 1 then redis.call('XDEL', stream, entry[1]) end
          end
          if groups > 1 and info and #entries > 0 then redis.call('XGROUP', 'SETID', stream, ARGV[1], entries[#entries][1]) end
          dropped = dropped + #entries
        end
        local delayed = redis.call('ZCARD', KEYS[1])
        redis.call('DEL', KEYS[1])
        return dropped + delayed
        """);

    /// <summary>KEYS: dead letters, stream. ARGV: id of the letter, fields. Returns 1, or 0 where the letter is gone.</summary>
    public static RedisScript Revive { get; } = new(StreamScripts.Common + """
        if redis.call('XDEL', KEYS[1], ARGV[1]) == 0 then return 0 end
        redis.call('XADD', KEYS[2], '*', unpack(slice(2)))
        return 1
        """);

    /// <summary>Removes a consumer that has nothing to do. KEYS: streams. ARGV: group, consumer.</summary>
    public static RedisScript Leave { get; } = new(StreamScripts.Common + """
        for _, stream in ipairs(KEYS) do
          local consumers = redis.pcall('XINFO', 'CONSUMERS', stream, ARGV[1])
          if not consumers.err then
            for _, info in ipairs(consumers) do
              if pair_of(info, 'name') == ARGV[2] and pair_of(info, 'pending') == 0 then
                redis.call('XGROUP', 'DELCONSUMER', stream, ARGV[1], ARGV[2])
              end
            end
          end
        end
        return 1
        """);
}
