using JobRunner.Telemetry.Metrics;
using Microsoft.Extensions.Logging;

namespace JobRunner.Queues.Working;

/// <summary>A queue that this host works on, and what its worker's parts share.</summary>
internal sealed record WorkedQueue
{
    public required IJobQueue Queue { get; init; }

    public required QueueOptions Options { get; init; }

    public required IMessageFormat Format { get; init; }

    /// <summary>The host's own store: it takes the records where the queue does not hold them itself.</summary>
    public required ITaskStore Records { get; init; }

    /// <summary>Set where a broker holds the messages and can wait only so long for the end of a call.</summary>
    public HandedOverMessages? HandedOver { get; init; }

    public required QueueInstruments Instruments { get; init; }

    /// <summary>Hard limit of one run.</summary>
    public required TimeSpan Timeout { get; init; }

    /// <summary>Interrupted runs after which a message whose record is written apart fails as lost.</summary>
    public required int MaxInterruptions { get; init; }

    public required TimeProvider Time { get; init; }

    public required ILogger Logger { get; init; }

    public string Name => Queue.Name;

    /// <summary>The store that the records of this queue are in.</summary>
    public ITaskStore Store => Queue.Store ?? Records;
}
