using Microsoft.Extensions.Logging;

namespace JobRunner.Telemetry.Metrics;

/// <summary>
/// The metrics a job defines. The job's method is foreign code that may throw, hang or return anything; the page is
/// written regardless. Each complaint is logged once, not at every scrape.
/// </summary>
internal sealed partial class JobMetricSource(ILogger logger, TimeProvider time)
{
    /// <summary>What a scrape waits for a job's metrics; Prometheus itself gives up after ten seconds.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private const int MaxComplaints = 1000;
    private const string DefaultHelp = "A metric of the job.";

    private readonly HashSet<string> _complaints = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();
    private Task<List<JobMetric?>>? _reading;
    private long _readingSince;

    public Func<IEnumerable<JobMetric?>?>? Provider { get; set; }

    /// <summary>Asks the job, on a thread of its own; what came before an exception is kept.</summary>
    public async ValueTask<IReadOnlyList<JobMetric?>> ReadAsync(CancellationToken cancellationToken)
    {
        if (Provider is not { } provider)
            return [];

        Task<List<JobMetric?>> reading;
        TimeSpan left;
        lock (_lock)
        {
            // Concurrent scrapes share one reading, so a method that hangs costs one thread, not one per scrape.
            if (_reading is null or { IsCompleted: true })
            {
                _readingSince = time.GetTimestamp();
                _reading = Task.Factory.StartNew(
                    () => Enumerate(provider),
                    CancellationToken.None,
                    TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach,
                    TaskScheduler.Default);
            }

            reading = _reading;
            left = Patience - time.GetElapsedTime(_readingSince);
        }

        // One that is known to hang is not waited for again.
        if (left <= TimeSpan.Zero && !reading.IsCompleted)
            return [];

        try
        {
            return await reading.WaitAsync(left > TimeSpan.Zero ? left : Patience, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            if (IsNew("(timeout)"))
                LogTimeout(logger, Patience.TotalSeconds);
            return [];
        }
    }

    /// <summary>Appends what is valid as gauges, metrics of one name together.</summary>
    /// <param name="metrics">What the job returned.</param>
    /// <param name="text">Receives the lines.</param>
    /// <param name="taken">Names that the host's own metrics have.</param>
    public void Write(IReadOnlyList<JobMetric?> metrics, PrometheusText text, IReadOnlySet<string> taken)
    {
        foreach (var family in metrics.OfType<JobMetric>().Where(IsComplete).GroupBy(NameOf, StringComparer.Ordinal))
        {
            if (taken.Contains(family.Key))
            {
                if (IsNew(family.Key))
                    LogNameTaken(logger, family.Key);
                continue;
            }

            var help = family.Select(metric => metric.Description).FirstOrDefault(help => !string.IsNullOrWhiteSpace(help));
            text.Family(family.Key, "gauge", help ?? DefaultHelp);
            var seen = new HashSet<string>(StringComparer.Ordinal);
            foreach (var metric in family)
            {
                var labels = Labels(metric);
                if (seen.Add(labels))
                    text.Sample(family.Key, labels, metric.Value.GetValueOrDefault());
                else if (IsNew(family.Key + labels))
                    LogDuplicate(logger, family.Key, labels);
            }
        }
    }

    private static string NameOf(JobMetric metric) => PrometheusName.OfMetric(metric.Name!);

    private static string Labels(JobMetric metric)
    {
        if (metric.Labels is not { Count: > 0 } labels)
            return "";

        // Two names may become one; their values are then joined, as OpenTelemetry's mapping to Prometheus does.
        var named = labels
            .OrderBy(label => label.Key, StringComparer.Ordinal)
            .GroupBy(label => PrometheusName.OfLabel(label.Key), label => label.Value, StringComparer.Ordinal)
            .Select(group => PrometheusText.Label(group.Key, string.Join(';', group)));
        return string.Join(',', named);
    }

    private bool IsComplete(JobMetric metric)
    {
        if (string.IsNullOrWhiteSpace(metric.Name))
        {
            if (IsNew("(nameless)"))
                LogNameless(logger);
            return false;
        }

        if (!metric.HasValue && IsNew(metric.Name))
            LogValueless(logger, metric.Name);
        return metric.Value is not null;
    }

    private List<JobMetric?> Enumerate(Func<IEnumerable<JobMetric?>?> provider)
    {
        var metrics = new List<JobMetric?>();
        try
        {
            foreach (var metric in provider() ?? [])
                metrics.Add(metric);
        }
        catch (Exception e)
        {
            if (IsNew(e.GetType().FullName + e.Message))
                LogFailed(logger, e, e.Message);
        }

        return metrics;
    }

    private bool IsNew(string complaint)
    {
        lock (_lock)
            return _complaints.Count < MaxComplaints && _complaints.Add(complaint);
    }

    [LoggerMessage(LogLevel.Error, "A metric of the job is left out: it has no name.")]
    private static partial void LogNameless(ILogger logger);

    [LoggerMessage(LogLevel.Error, "The metric '{metric}' of the job is left out: it has no value.")]
    private static partial void LogValueless(ILogger logger, string metric);

    [LoggerMessage(LogLevel.Error, "The metric '{metric}' of the job is left out: the host has one of that name.")]
    private static partial void LogNameTaken(ILogger logger, string metric);

    [LoggerMessage(LogLevel.Error, "The metric '{metric}' of the job is given twice with the labels '{labels}'; the first counts.")]
    private static partial void LogDuplicate(ILogger logger, string metric, string labels);

    [LoggerMessage(LogLevel.Error, "The job's metrics could not be read: {error}")]
    private static partial void LogFailed(ILogger logger, Exception exception, string error);

    [LoggerMessage(LogLevel.Error, "The job's metrics are left out: they were not there within {seconds} s.")]
    private static partial void LogTimeout(ILogger logger, double seconds);
}
