using System.Numerics;
using System.Text;
using JobRunner.RabbitMq.Connections;
using Microsoft.Extensions.Logging;
using RabbitMQ.Client;

namespace JobRunner.RabbitMq.Queues;

/// <summary>
/// Delays by the broker's own means. A message's own time to live ends only at the head of its queue, so that a long one
/// would hold up all behind it; here every queue has one time to live for all, twice that of the step before, and a
/// message passes those steps whose sum is its delay. The routing key says which: a word per step, the shortest first,
/// then the band it comes back to.
/// </summary>
internal sealed class DelaySteps(RabbitConnection connection, QueueNames names, ILogger logger, TimeProvider time) : IDisposable
{
    private const int Steps = 26;
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim _gate = new(1, 1);
    private IConnection? _createdOn;
    private int _created;
    private long? _lookedAt;

    /// <summary>The shortest step. Delays are rounded up to it.</summary>
    public static TimeSpan Unit { get; } = TimeSpan.FromMilliseconds(50);

    /// <summary>The longest delay, 38 days; whoever receives a message before its time delays it again.</summary>
    public static TimeSpan Longest { get; } = Unit * ((1L << Steps) - 1);

    /// <summary>Where to publish what is to come back after a delay.</summary>
    public async Task<(string Exchange, string Key)> RouteAsync(TimeSpan delay, int priority, CancellationToken cancellationToken)
    {
        var units = (long)Math.Ceiling(Math.Min(delay.Ticks, Longest.Ticks) / (double)Unit.Ticks);
        units = Math.Clamp(units, 1, (1L << Steps) - 1);
        var top = BitOperations.Log2((ulong)units);
        await CreateAsync(top + 1, cancellationToken);
        var key = new StringBuilder();
        for (var step = 0; step <= top; step++) key.Append((units >> step & 1) == 1 ? "1." : "0.");
        return (names.Later(top), key.Append('p').Append(priority).ToString());
    }

    /// <summary>The queues of all steps that exist. Those that another process has made are seen after a while, since
    /// looking for what is not there is an error at the broker.</summary>
    public async Task<IReadOnlyList<string>> QueuesAsync(CancellationToken cancellationToken)
    {
        var link = await connection.OpenAsync(cancellationToken);
        await _gate.WaitAsync(cancellationToken);
        try
        {
            Adopt(link);
            if (_lookedAt is not { } looked || time.GetElapsedTime(looked) >= LookAgain)
                await RabbitCalls.RunAsync(connection, () => LookAsync(link, cancellationToken));
            return [.. Enumerable.Range(0, _created).Select(names.Later)];
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Looks anew at the next use: somebody has deleted a part.</summary>
    public void Forget() => _createdOn = null;

    public void Dispose() => _gate.Dispose();

    private void Adopt(IConnection link)
    {
        if (ReferenceEquals(_createdOn, link)) return;
        (_createdOn, _created, _lookedAt) = (link, 0, null);
    }

    private async Task LookAsync(IConnection link, CancellationToken cancellationToken)
    {
        await using var declarer = new Declarer(link, logger);
        while (_created < Steps && await declarer.IsQueueAsync(names.Later(_created), cancellationToken)) _created++;
        _lookedAt = time.GetTimestamp();
    }

    private async Task CreateAsync(int count, CancellationToken cancellationToken)
    {
        var link = await connection.OpenAsync(cancellationToken);
        await _gate.WaitAsync(cancellationToken);
        try
        {
            Adopt(link);
            if (_created >= count) return;
            await RabbitCalls.RunAsync(connection, () => CreateAsync(link, count, cancellationToken));
        }
        finally
        {
            _gate.Release();
        }
    }

    private async Task CreateAsync(IConnection link, int count, CancellationToken cancellationToken)
    {
        await using var declarer = new Declarer(link, logger);
        if (_created == 0)
        {
            await declarer.TopicAsync(names.Due, cancellationToken);
            for (var priority = 0; priority < names.Bands.Count; priority++)
                await declarer.BindQueueAsync(names.Bands[priority], names.Due, $"#.p{priority}", cancellationToken);
        }

        for (; _created < count; _created++)
        {
            var (name, shorter) = (names.Later(_created), _created == 0 ? names.Due : names.Later(_created - 1));
            await declarer.TopicAsync(name, cancellationToken);
            await declarer.QueueAsync(name, ArgumentsOf(_created, shorter), cancellationToken);
            var earlier = string.Concat(Enumerable.Repeat("*.", _created));
            await declarer.BindQueueAsync(name, name, $"{earlier}1.#", cancellationToken);
            await declarer.BindExchangeAsync(shorter, name, $"{earlier}0.#", cancellationToken);
        }
    }

    private static Dictionary<string, object?> ArgumentsOf(int step, string next) => new(StringComparer.Ordinal)
    {
        ["x-message-ttl"] = (long)Unit.TotalMilliseconds << step,
        ["x-dead-letter-exchange"] = next,
        ["x-dead-letter-strategy"] = "at-least-once",
        ["x-overflow"] = "reject-publish",
    };
}
