using JobRunner.RabbitMq.Connections;
using Microsoft.Extensions.Logging;
using RabbitMQ.Client;

namespace JobRunner.RabbitMq.Queues;

/// <summary>Everything that a queue consists of at the broker, created on first use of a connection.</summary>
internal sealed class QueueTopology(RabbitConnection connection, RabbitQueueOptions options, ILogger logger) : IDisposable
{
    private readonly SemaphoreSlim _gate = new(1, 1);
    private IConnection? _createdOn;

    /// <summary>Where outcomes of the manifest's <c>results</c> go: an exchange of that name, or a queue.</summary>
    public bool IsResultsAnExchange { get; private set; }

    public async Task CreateAsync(CancellationToken cancellationToken)
    {
        var link = await connection.OpenAsync(cancellationToken);
        if (ReferenceEquals(_createdOn, link)) return;
        await _gate.WaitAsync(cancellationToken);
        try
        {
            if (ReferenceEquals(_createdOn, link)) return;
            await RabbitCalls.RunAsync(connection, () => CreateAsync(link, cancellationToken));
            _createdOn = link;
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Looks anew at the next use: somebody has deleted a part.</summary>
    public void Forget() => _createdOn = null;

    public void Dispose() => _gate.Dispose();

    private async Task CreateAsync(IConnection link, CancellationToken cancellationToken)
    {
        var names = options.Names;
        await using var declarer = new Declarer(link, logger);
        await declarer.QueueAsync(names.Dead, null, cancellationToken);

        // What expires at the broker is not lost without a word either.
        var toDead = new Dictionary<string, object?>(StringComparer.Ordinal)
        {
            ["x-dead-letter-exchange"] = "",
            ["x-dead-letter-routing-key"] = names.Dead,
            ["x-dead-letter-strategy"] = "at-least-once",
            ["x-overflow"] = "reject-publish",
        };
        foreach (var band in names.Bands) await declarer.QueueAsync(band, toDead, cancellationToken);
        await declarer.QueueAsync(
            names.Paused, new Dictionary<string, object?>(StringComparer.Ordinal) { ["x-max-length"] = 1 }, cancellationToken);
        if (options.Results is not { } results) return;
        IsResultsAnExchange = await declarer.IsExchangeAsync(results, cancellationToken);
        if (!IsResultsAnExchange) await declarer.QueueAsync(results, null, cancellationToken);
    }
}
