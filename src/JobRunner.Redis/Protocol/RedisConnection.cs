using Microsoft.Extensions.Logging;
using Polly;
using Polly.Retry;

namespace JobRunner.Redis.Protocol;

/// <summary>
/// A connection that comes back. It connects when first used, shares one session among all senders, and reconnects
/// with back-off and jitter. Senders wait for the session up to their timeout; what was not sent yet when a session
/// broke goes out on the next one.
/// </summary>
internal sealed class RedisConnection : IRedisConnection
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(5);

    /// <summary>A session that breaks sooner is a failed attempt to connect, and the delays go on growing.</summary>
    private static readonly TimeSpan ShortLife = TimeSpan.FromSeconds(5);

    private readonly RedisEndpoint _endpoint;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly ResiliencePipeline _reconnecting;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _lock = new();
    private TaskCompletionSource<LiveSession> _current = NewCurrent();
    private Task? _running;
    private string _lastFailure;

    public RedisConnection(RedisEndpoint endpoint, ILogger logger, TimeProvider time)
    {
        _endpoint = endpoint;
        _logger = logger;
        _time = time;
        _lastFailure = NotAvailable("it has not answered yet");
        _reconnecting = new ResiliencePipelineBuilder { TimeProvider = time }
            .AddRetry(new RetryStrategyOptions
            {
                ShouldHandle = static arguments => ValueTask.FromResult(arguments.Outcome.Exception is RedisException),
                MaxRetryAttempts = int.MaxValue,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                Delay = FirstDelay,
                MaxDelay = LongestDelay,
            })
            .Build();
    }

    public long MaxArgumentLength { get; private set; } = RedisGreeting.DefaultMaxArgumentLength;

    public async Task<RespValue> SendAsync(RedisCommand command, CancellationToken cancellationToken = default) =>
        (await ExchangeAsync([command], cancellationToken))[0].OrThrow();

    public async Task<IReadOnlyList<RespValue>> SendAllAsync(
        IReadOnlyList<RedisCommand> commands, CancellationToken cancellationToken = default) =>
        commands.Count == 0 ? [] : await ExchangeAsync(commands, cancellationToken);

    public async Task<RespValue> EvaluateAsync(
        RedisScript script,
        RedisArgument[] keys,
        RedisArgument[] arguments,
        CancellationToken cancellationToken = default)
    {
        var reply = (await ExchangeAsync([script.ByDigest(keys, arguments)], cancellationToken))[0];
        return reply.IsError && reply.Error().Code == "NOSCRIPT"
            ? await SendAsync(script.ByText(keys, arguments), cancellationToken)
            : reply.OrThrow();
    }

    public IRedisReader OpenReader() => new RedisReader(this, new RedisConnection(_endpoint, _logger, _time), _endpoint.CommandTimeout);

    /// <summary>The session of this moment, or the next one.</summary>
    /// <exception cref="RedisConnectionException">There was none within the timeout.</exception>
    public async Task<LiveSession> SessionAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        Task<LiveSession> session;
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_stopping.IsCancellationRequested, this);
            _running ??= Task.Run(RunAsync, CancellationToken.None);
            session = _current.Task;
        }

        try
        {
            return await session.WaitAsync(timeout, _time, cancellationToken);
        }
        catch (TimeoutException exception)
        {
            throw new RedisConnectionException(Volatile.Read(ref _lastFailure), exception);
        }
    }

    /// <summary>Takes a session that broke out of use, so that senders wait for the next one, which comes only when this
    /// one has ended.</summary>
    public void Retire(LiveSession session)
    {
        lock (_lock)
        {
            if (_current.Task.IsCompletedSuccessfully && _current.Task.Result == session) _current = NewCurrent();
        }
    }

    public async ValueTask DisposeAsync()
    {
        Task? running;
        lock (_lock)
        {
            if (_stopping.IsCancellationRequested) return;
            _stopping.Cancel();
            running = _running;
        }

        if (running is not null) await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        FailWaiting(new ObjectDisposedException(nameof(RedisConnection)));
        _stopping.Dispose();
    }

    private async Task<RespValue[]> ExchangeAsync(IReadOnlyList<RedisCommand> commands, CancellationToken cancellationToken)
    {
        var started = _time.GetTimestamp();
        while (true)
        {
            var live = await SessionAsync(Remaining(started), cancellationToken);
            Check(commands);
            try
            {
                // A session that came late must not be given up for what it had no time to answer.
                return await live.Session.SendAsync(new RedisRequest(commands), _endpoint.CommandTimeout, cancellationToken);
            }
            catch (RedisConnectionException failure) when (!failure.MayHaveRun)
            {
                Retire(live);
                if (Remaining(started) == TimeSpan.Zero) throw;
            }
        }
    }

    // The server closes the connection of whoever sends more, and with it everybody else's commands.
    private void Check(IReadOnlyList<RedisCommand> commands)
    {
        foreach (var command in commands)
        {
            foreach (var argument in command.Arguments)
            {
                if (argument.Bytes.Length > MaxArgumentLength)
                {
                    throw new RedisException(
                        $"TOOBIG an argument of {command.Name} has {argument.Bytes.Length} bytes; "
                        + $"Redis at {_endpoint} takes at most {MaxArgumentLength} (proto-max-bulk-len)");
                }
            }
        }
    }

    private TimeSpan Remaining(long started)
    {
        var remaining = _endpoint.CommandTimeout - _time.GetElapsedTime(started);
        return remaining > TimeSpan.Zero ? remaining : TimeSpan.Zero;
    }

    private async Task RunAsync()
    {
        while (!_stopping.IsCancellationRequested)
            await _reconnecting.ExecuteAsync(LiveAsync, _stopping.Token);
    }

    // From the attempt to connect to the end of the session; throws where that came soon.
    private async ValueTask LiveAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var session = await OpenAsync(cancellationToken);
            var live = new LiveSession(session, await GreetAsync(session, cancellationToken));
            MaxArgumentLength = live.Greeting.MaxArgumentLength;
            _logger.Connected(_endpoint);
            var started = _time.GetTimestamp();
            lock (_lock) _current.TrySetResult(live);
            var end = await session.Ended.WaitAsync(cancellationToken);
            Retire(live);
            Note(end);
            if (_time.GetElapsedTime(started) < ShortLife) throw end;
        }
        catch (RedisException failure) when (!cancellationToken.IsCancellationRequested)
        {
            Note(failure);
            throw;
        }
    }

    private async Task<RedisSession> OpenAsync(CancellationToken cancellationToken)
    {
        using var expiry = new CancellationTokenSource(_endpoint.ConnectTimeout, _time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, expiry.Token);
        try
        {
            return new RedisSession(await RedisTransport.OpenAsync(_endpoint, linked.Token), _endpoint, _time);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            var reason = expiry.IsCancellationRequested
                ? $"no connection within {_endpoint.ConnectTimeout.TotalSeconds:0.###} s"
                : exception.Message;
            throw new RedisConnectionException(NotAvailable(reason), exception);
        }
    }

    private async Task<RedisGreeting> GreetAsync(RedisSession session, CancellationToken cancellationToken)
    {
        try
        {
            return await RedisHandshake.PerformAsync(session, _endpoint, cancellationToken);
        }
        catch (RedisException refusal) when (refusal is not RedisConnectionException && refusal.Code is not ("LOADING" or "MASTERDOWN"))
        {
            // Waiting would not mend it: whoever waits learns now what is wrong.
            FailWaiting(refusal);
            throw;
        }
    }

    private void FailWaiting(Exception exception)
    {
        TaskCompletionSource<LiveSession> waiting;
        lock (_lock)
        {
            waiting = _current;
            _current = NewCurrent();
        }

        waiting.TrySetException(exception);
        _ = waiting.Task.Exception;
    }

    private void Note(RedisException failure)
    {
        var message = failure is RedisConnectionException ? failure.Message : NotAvailable(failure.Message);
        if (Interlocked.Exchange(ref _lastFailure, message) != message) _logger.Disconnected(message);
    }

    private string NotAvailable(string reason) => $"Redis at {_endpoint} is not available: {reason.TrimEnd('.')}.";

    private static TaskCompletionSource<LiveSession> NewCurrent() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
