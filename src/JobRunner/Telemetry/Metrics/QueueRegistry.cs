using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace JobRunner.Telemetry.Metrics;

/// <summary>The metrics of all queues of one host; <see cref="Add"/> gives a queue its own.</summary>
internal sealed class QueueRegistry
{
    private readonly ConcurrentDictionary<string, QueueInstruments> _queues = new(StringComparer.Ordinal);
    private readonly TimeProvider _time;

    public QueueRegistry(Meter meter, TimeProvider time)
    {
        _time = time;
        Tasks = meter.CreateCounter<long>("jobrunner_task", null, "Tasks and messages ended, by queue and status.");
        TaskDuration = new DeclaredHistogram(
            "jobrunner_task_duration_seconds", "Duration of tasks and messages.", QueueInstruments.LabelName);
        Lag = new DeclaredHistogram(
            "jobrunner_queue_lag_seconds", "Time from put to start.", QueueInstruments.LabelName);
        TaskSeconds = DurationHistogram.Create(meter, TaskDuration);
        LagSeconds = DurationHistogram.Create(meter, Lag);
        Observe(meter, "jobrunner_queue_depth", "Messages that wait.", queue => queue.Depth);
        Observe(meter, "jobrunner_queue_oldest_seconds", "Age of the oldest message that waits.", queue => queue.OldestSeconds);
        Observe(meter, "jobrunner_queue_up", "Whether the broker answers: 1 or 0.", queue => queue.Up ? 1 : 0);
        Observe(
            meter,
            "jobrunner_queue_last_fetch_seconds",
            "Time since the broker last answered a fetch.",
            queue => queue.SecondsSinceFetch);
    }

    public Counter<long> Tasks { get; }

    public DeclaredHistogram TaskDuration { get; }

    public DeclaredHistogram Lag { get; }

    public Histogram<double> TaskSeconds { get; }

    public Histogram<double> LagSeconds { get; }

    /// <summary>Gives a queue its series, at zero; the same name gives the same instruments.</summary>
    /// <param name="name">The queue's name, without credentials: it is a label value.</param>
    public QueueInstruments Add(string name)
    {
        var queue = _queues.GetOrAdd(name, static (key, registry) => new QueueInstruments(key, registry, registry._time), this);
        TaskDuration.Declare(name);
        Lag.Declare(name);
        return queue;
    }

    /// <summary>Ends the gauges of a queue that is no longer served; its counts stay.</summary>
    public void Remove(string name)
    {
        _queues.TryRemove(name, out _);
        TaskDuration.Withdraw(name);
        Lag.Withdraw(name);
    }

    /// <summary>See <see cref="JobInstruments.ShowZeroes"/>.</summary>
    public void ShowZeroes()
    {
        foreach (var queue in _queues.Values)
            queue.ShowZeroes();
    }

    private void Observe(Meter meter, string name, string help, Func<QueueInstruments, double?> read) =>
        meter.CreateObservableGauge(name, () => Read(read), null, help);

    private IEnumerable<Measurement<double>> Read(Func<QueueInstruments, double?> read)
    {
        foreach (var queue in _queues.Values)
        {
            if (read(queue) is { } value)
                yield return new Measurement<double>(value, queue.Label);
        }
    }
}
