using System.Globalization;
using JobRunner.Nats.JetStream;
using JobRunner.Nats.Protocol;

namespace JobRunner.Nats.Queues;

/// <summary>
/// What a queue is called on the server. Work that may run waits in one stream, a subject and a consumer per priority;
/// what waits for its time, dead letters, notes on messages and idempotency keys have a place of their own each.
/// </summary>
internal sealed record QueueNames
{
    public const int Bands = NewTask.MaxPriority + 1;

    /// <exception cref="FormatException">A name of the URL cannot be one on the server.</exception>
    public QueueNames(QueueOptions options)
    {
        try
        {
            Stream = JetStreamClient.CheckName(options.Url.Parameter("stream") ?? "JOBS");
            Subject = options.Url.Parameter("subject") ?? "jobs";
            Durable = JetStreamClient.CheckName(options.Url.Parameter("durable") ?? "jobrunner");
            DeadSubject = options.DeadLetter ?? $"{Subject}.dead";
            Subjects.CheckConcrete(Subject);
            Subjects.CheckConcrete(DeadSubject);
        }
        catch (ArgumentException exception)
        {
            throw new FormatException($"The queue {options.Url} has a name that NATS does not take: {exception.Message}", exception);
        }

        DeadStream = options.DeadLetter is null ? $"{Stream}_dead" : DeadSubject.Replace('.', '_');
    }

    public string Stream { get; }

    public string Subject { get; }

    public string Durable { get; }

    public string DeadSubject { get; }

    public string DeadStream { get; }

    public string LaterStream => $"{Stream}_later";

    public string LaterPattern => $"{Subject}.later.*";

    /// <summary>Bucket of <see cref="MessageNote"/>s.</summary>
    public string Notes => $"{Stream}_notes";

    /// <summary>Bucket of idempotency keys.</summary>
    public string Keys => $"{Stream}_keys";

    /// <summary>A word on it tells workers that something of another priority than 0 came.</summary>
    public string WakeSubject => $"{Subject}.wake";

    /// <summary>All subjects of the stream: the plain one is that of priority 0, which other clients publish to.</summary>
    public string[] BandSubjects => [.. Enumerable.Range(0, Bands).Select(BandSubject)];

    public string BandSubject(int priority) => priority == 0 ? Subject : $"{Subject}.p{priority}";

    public string BandDurable(int priority) => priority == 0 ? Durable : $"{Durable}_p{priority}";

    /// <summary>Where a message waits for its time; the subject tells it, so that it can be listed.</summary>
    public string LaterSubject(DateTimeOffset due) =>
        string.Create(CultureInfo.InvariantCulture, $"{Subject}.later.{due.ToUnixTimeMilliseconds()}");

    public static DateTimeOffset DueOf(string laterSubject)
    {
        var last = laterSubject.AsSpan(laterSubject.LastIndexOf('.') + 1);
        return long.TryParse(last, NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds)
            && milliseconds <= DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()
            ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds)
            : DateTimeOffset.UnixEpoch;
    }
}
