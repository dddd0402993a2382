using JobRunner.Redis.Protocol;

namespace JobRunner.Redis.Store;

/// <summary>
/// The changes of a store that must happen together. KEYS[1] is the prefix of all keys, from which scripts make the
/// others: <c>task:ID</c> (the record), <c>events:ID</c> (a stream), <c>queue:NAME:STATUS</c> (ids by order of arrival),
/// <c>ready:NAME</c> (by priority, then arrival), <c>scheduled:NAME</c> (by time), <c>leases</c> (by end),
/// <c>ended:completed</c> and <c>ended:failed</c> (by time), <c>queues</c>, <c>paused</c>, <c>changes</c> (a stream).
/// ARGV[1] is the time in ms, ARGV[2] the same in ISO 8601.
/// </summary>
internal static class StoreScripts
{
    private const string Common = """
        local P, now = KEYS[1], tonumber(ARGV[1])
        local at = 3
        local function take()
          at = at + 1
          return ARGV[at - 1]
        end
        local function take_many()
          local part = {}
          for _ = 1, tonumber(take()) do part[#part + 1] = take() end
          return part
        end
        local function task(id) return P .. 'task:' .. id end
        local function facts(id)
          local v = redis.call('HMGET', task(id), 'queue', 'status', 'priority', 'seq', 'due_ms', 'lease_ms', 'ended_ms')
          if not v[1] then return nil end
          return {queue = v[1], status = v[2], priority = tonumber(v[3]), seq = tonumber(v[4]),
            due = tonumber(v[5] or 0), lease = v[6], ended = v[7]}
        end
        local function is_leased(status) return status == 'running' or status == 'cancelling' end
        local function is_finished(status) return status == 'completed' or status == 'failed' or status == 'cancelled' end
        local function ended(status) return P .. 'ended:' .. (status == 'failed' and 'failed' or 'completed') end
        local function rank(fact) return (9 - fact.priority) * 281474976710656 + fact.seq end
        local function leave(id, fact)
          redis.call('ZREM', P .. 'queue:' .. fact.queue .. ':' .. fact.status, id)
          if fact.status == 'queued' then
            redis.call('ZREM', P .. 'ready:' .. fact.queue, id)
            redis.call('ZREM', P .. 'scheduled:' .. fact.queue, id)
          elseif is_leased(fact.status) then
            redis.call('ZREM', P .. 'leases', id)
          else
            redis.call('ZREM', ended(fact.status), id)
          end
        end
        local function enter(id, fact)
          redis.call('SADD', P .. 'queues', fact.queue)
          redis.call('ZADD', P .. 'queue:' .. fact.queue .. ':' .. fact.status, fact.seq, id)
          if fact.status == 'queued' then
            if fact.due > now then
              redis.call('ZADD', P .. 'scheduled:' .. fact.queue, fact.due, id)
            else
              redis.call('ZADD', P .. 'ready:' .. fact.queue, rank(fact), id)
            end
          elseif is_leased(fact.status) then
            if fact.lease then redis.call('ZADD', P .. 'leases', fact.lease, id) end
          else
            redis.call('ZADD', ended(fact.status), fact.ended or now, id)
          end
        end
        local function add_event(id, kind, data)
          local number = redis.call('HINCRBY', task(id), 'events', 1)
          redis.call('XADD', P .. 'events:' .. id, 'MAXLEN', '~', 10000, number .. '-0', 'kind', kind, 'at', ARGV[2], 'data', data)
        end
        local function changed(id, fact)
          local revision = redis.call('INCR', P .. 'revision')
          redis.call('HSET', task(id), 'rev', revision)
          redis.call('XADD', P .. 'changes', 'MAXLEN', '~', 10000, '*', 'id', id, 'queue', fact.queue, 'status', fact.status)
          return revision
        end
        local function create(id, fields, event)
          redis.call('HSET', task(id), 'seq', redis.call('INCR', P .. 'sequence'), unpack(fields))
          local fact = facts(id)
          enter(id, fact)
          add_event(id, 'state', event)
          return changed(id, fact)
        end
        local function is_held(id, fencing)
          local v = redis.call('HMGET', task(id), 'status', 'fencing')
          return v[1] and is_leased(v[1]) and v[2] == fencing, v[1]
        end
        local function wake(queue) redis.call('XADD', P .. 'changes', 'MAXLEN', '~', 10000, '*', 'queue', queue) end

        """;

    /// <summary>ARGV: how long idempotency keys are remembered in ms, most that may wait or '', then of each task: id,
    /// idempotency key or '', fingerprint, event, fields. Returns {kind, id, revision} of each.</summary>
    public static RedisScript Add { get; } = new(Common + """
        local window, most = take(), take()
        local answers = {}
        local function add()
          local id, key, print, event, fields = take(), take(), take(), take(), take_many()
          if key ~= '' then
            local known = redis.call('HMGET', P .. 'idempotency:' .. key, 'print', 'id', 'expires')
            if known[1] and tonumber(known[3]) > now and redis.call('EXISTS', task(known[2])) == 1 then
              if known[1] == print then return {1, known[2]} end
              return {2, ''}
            end
          end
          if redis.call('EXISTS', task(id)) == 1 then return {0, id, tonumber(redis.call('HGET', task(id), 'rev'))} end
          local queue
          for i = 1, #fields, 2 do
            if fields[i] == 'queue' then queue = fields[i + 1] end
          end
          if most ~= '' and redis.call('ZCARD', P .. 'queue:' .. queue .. ':queued') >= tonumber(most) then return {3, ''} end
          local revision = create(id, fields, event)
          if key ~= '' then
            redis.call('HSET', P .. 'idempotency:' .. key, 'print', print, 'id', id, 'expires', now + tonumber(window))
            redis.call('PEXPIRE', P .. 'idempotency:' .. key, window)
          end
          return {0, id, revision}
        end
        while at <= #ARGV do answers[#answers + 1] = add() end
        return answers
        """);

    /// <summary>Writes what a record has become, unless somebody else has changed it meanwhile. ARGV: id, revision that
    /// was read or '' for none, event or '', fields to set, names of fields to remove. Returns the new revision, or 0.</summary>
    public static RedisScript Save { get; } = new(Common + """
        local id, revision, event, set, removed = take(), take(), take(), take_many(), take_many()
        local known = redis.call('HGET', task(id), 'rev')
        if (known or '') ~= revision then return 0 end
        if not known then return create(id, set, event) end
        leave(id, facts(id))
        if #removed > 0 then redis.call('HDEL', task(id), unpack(removed)) end
        if #set > 0 then redis.call('HSET', task(id), unpack(set)) end
        local fact = facts(id)
        enter(id, fact)
        if event ~= '' then add_event(id, 'state', event) end
        return changed(id, fact)
        """);

    /// <summary>ARGV: queue, most, owner, end of the lease in ms, names of the fields to return. Returns the values of
    /// each.</summary>
    public static RedisScript Claim { get; } = new(Common + """
        local queue, most, owner, lease, names = take(), tonumber(take()), take(), take(), take_many()
        local claimed = {}
        if redis.call('SISMEMBER', P .. 'paused', queue) == 1 then return claimed end
        for _, id in ipairs(redis.call('ZRANGEBYSCORE', P .. 'scheduled:' .. queue, '-inf', now, 'LIMIT', 0, 1000)) do
          redis.call('ZREM', P .. 'scheduled:' .. queue, id)
          redis.call('ZADD', P .. 'ready:' .. queue, rank(facts(id)), id)
        end
        for _, id in ipairs(redis.call('ZRANGE', P .. 'ready:' .. queue, 0, most - 1)) do
          leave(id, facts(id))
          redis.call('HDEL', task(id), 'ended_at', 'ended_ms', 'progress', 'progress_message')
          redis.call('HSET', task(id), 'status', 'running', 'started_at', ARGV[2], 'lease_owner', owner, 'lease_ms', lease)
          redis.call('HINCRBY', task(id), 'fencing', 1)
          local fact = facts(id)
          enter(id, fact)
          local v = redis.call('HMGET', task(id), 'attempts', 'interruptions', 'error', 'error_type')
          local failure = ''
          if v[3] then failure = ',"error":' .. cjson.encode(v[3]) .. ',"type":' .. (v[4] and cjson.encode(v[4]) or 'null') end
          add_event(id, 'state', '{"status":"running","attempts":' .. v[1] .. ',"interruptions":' .. v[2] .. failure .. '}')
          changed(id, fact)
          claimed[#claimed + 1] = redis.call('HMGET', task(id), unpack(names))
        end
        return claimed
        """);

    /// <summary>ARGV: end of the leases in ms, then id and fencing token of each. Returns for each 0 (lost), 1 (held) or 2
    /// (told to stop).</summary>
    public static RedisScript Renew { get; } = new(Common + """
        local lease, answers = take(), {}
        while at <= #ARGV do
          local id = take()
          local held, status = is_held(id, take())
          if held then
            redis.call('HSET', task(id), 'lease_ms', lease)
            redis.call('ZADD', P .. 'leases', lease, id)
          end
          answers[#answers + 1] = not held and 0 or status == 'cancelling' and 2 or 1
        end
        return answers
        """);

    /// <summary>ARGV: id, fencing token, fields to set, names of fields to remove, then kind and data of each event.
    /// Returns 1, or 0 where the lease is lost.</summary>
    public static RedisScript Report { get; } = new(Common + """
        local id = take()
        if not is_held(id, take()) then return 0 end
        local set, removed = take_many(), take_many()
        if #removed > 0 then redis.call('HDEL', task(id), unpack(removed)) end
        if #set > 0 then redis.call('HSET', task(id), unpack(set)) end
        while at <= #ARGV do
          local kind = take()
          add_event(id, kind, take())
        end
        changed(id, facts(id))
        return 1
        """);

    /// <summary>ARGV: ids. Returns how many of them had ended and are gone.</summary>
    public static RedisScript Delete { get; } = new(Common + """
        local count = 0
        while at <= #ARGV do
          local id = take()
          local fact = facts(id)
          if fact and is_finished(fact.status) then
            leave(id, fact)
            redis.call('DEL', task(id), P .. 'events:' .. id)
            count = count + 1
          end
        end
        return count
        """);

    /// <summary>ARGV: queue. Returns: may run now, scheduled, running, failed, created_at and due_ms of the oldest that may
    /// run, ms of the next due or -1, whether paused.</summary>
    public static RedisScript Inspect { get; } = new(Common + """
        local queue = take()
        local function count(status) return redis.call('ZCARD', P .. 'queue:' .. queue .. ':' .. status) end
        local scheduled = redis.call('ZCOUNT', P .. 'scheduled:' .. queue, '(' .. ARGV[1], '+inf')
        local due = redis.call('ZRANGEBYSCORE', P .. 'scheduled:' .. queue, '(' .. ARGV[1], '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
        local oldest = {false, false}
        for _, id in ipairs(redis.call('ZRANGE', P .. 'queue:' .. queue .. ':queued', 0, 99)) do
          local v = redis.call('HMGET', task(id), 'created_at', 'due_ms')
          if tonumber(v[2] or 0) <= now then
            oldest = v
            break
          end
        end
        return {count('queued') - scheduled, scheduled, count('running') + count('cancelling'), count('failed'),
          oldest[1], oldest[2], due[2] and tonumber(due[2]) or -1, redis.call('SISMEMBER', P .. 'paused', queue)}
        """);

    /// <summary>ARGV: queue, most, names of fields. Returns the values of each that waits, in the order in which they would
    /// run.</summary>
    public static RedisScript Peek { get; } = new(Common + """
        local queue, most, names, seen = take(), tonumber(take()), take_many(), {}
        for _, set in ipairs({'ready:', 'scheduled:'}) do
          if #seen < most then
            for _, id in ipairs(redis.call('ZRANGE', P .. set .. queue, 0, most - #seen - 1)) do
              seen[#seen + 1] = redis.call('HMGET', task(id), unpack(names))
            end
          end
        end
        return seen
        """);

    /// <summary>ARGV: queue. Hands out its tasks again, and wakes who waits for them.</summary>
    public static RedisScript Resume { get; } = new(Common + """
        local queue = take()
        redis.call('SREM', P .. 'paused', queue)
        wake(queue)
        return 1
        """);
}
