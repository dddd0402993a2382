using System.Diagnostics.Metrics;

namespace JobRunner.Telemetry.Metrics;

/// <summary>The metrics of one queue. The worker writes what it learns; a scrape reads it and asks no broker.</summary>
internal sealed class QueueInstruments
{
    public const string LabelName = "queue";

    private readonly QueueRegistry _registry;
    private readonly TimeProvider _time;
    private long _lastFetch;
    private double _depth = double.NaN;
    private double _oldest = double.NaN;
    private volatile bool _up;

    public QueueInstruments(string name, QueueRegistry registry, TimeProvider time)
    {
        _registry = registry;
        _time = time;
        _lastFetch = time.GetTimestamp();
        Label = new KeyValuePair<string, object?>(LabelName, name);
        ShowZeroes();
    }

    public KeyValuePair<string, object?> Label { get; }

    /// <summary>Messages that wait; null while unknown, which leaves the series out.</summary>
    public double? Depth => Known(Volatile.Read(ref _depth));

    /// <summary>Age of the oldest waiting message, in seconds; null while unknown.</summary>
    public double? OldestSeconds => Known(Volatile.Read(ref _oldest));

    /// <summary>Whether the broker answers; false until it first does.</summary>
    public bool Up
    {
        get => _up;
        set => _up = value;
    }

    /// <summary>Seconds since the last answered fetch, or since the queue was added.</summary>
    public double SecondsSinceFetch => _time.GetElapsedTime(Volatile.Read(ref _lastFetch)).TotalSeconds;

    /// <summary>Notes what the broker says waits; null where it cannot tell.</summary>
    public void Waiting(long? depth, TimeSpan? oldest)
    {
        Volatile.Write(ref _depth, depth ?? double.NaN);
        Volatile.Write(ref _oldest, oldest?.TotalSeconds ?? double.NaN);
    }

    /// <summary>Notes that the broker answered a fetch, with messages or without.</summary>
    public void Fetched() => Volatile.Write(ref _lastFetch, _time.GetTimestamp());

    /// <summary>Notes how long a message that starts now has waited.</summary>
    public void Started(TimeSpan lag) => _registry.LagSeconds.Record(Math.Max(0, lag.TotalSeconds), Label);

    /// <summary>Counts a task's end.</summary>
    /// <param name="status">completed, failed or cancelled.</param>
    /// <param name="duration">From start to outcome.</param>
    public void Ended(string status, TimeSpan duration)
    {
        _registry.Tasks.Add(1, Label, Status(status));
        _registry.TaskSeconds.Record(duration.TotalSeconds, Label);
    }

    public void ShowZeroes()
    {
        foreach (var status in (ReadOnlySpan<string>)["completed", "failed", "cancelled"])
            _registry.Tasks.Add(0, Label, Status(status));
    }

    private static double? Known(double value) => double.IsNaN(value) ? null : value;

    private static KeyValuePair<string, object?> Status(string status) => new("status", status);
}
