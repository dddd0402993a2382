namespace JobRunner;

/// <summary>What a call with an argument that the endpoint does not have gets.</summary>
public enum UnknownArguments
{
    /// <summary>An error that names the argument.</summary>
    Refuse,

    /// <summary>The argument is dropped.</summary>
    Ignore,
}

/// <summary>What the web page of queues and tasks offers.</summary>
public enum DashboardMode
{
    /// <summary>Everything.</summary>
    On,

    /// <summary>Viewing only.</summary>
    ReadOnly,

    /// <summary>There is no page.</summary>
    Off,
}

/// <summary>The manifest's <c>jobtype_extra</c>: every setting of the runner, with its default.</summary>
public sealed record JobTypeExtra
{
    /// <summary>Where <c>/</c> redirects to, below the job's base path.</summary>
    public string HomePage { get; init; } = "/docs";

    /// <summary>Calls at once, HTTP and queues together; null: no cap (0 in the manifest).</summary>
    public int? MaxConcurrency { get; init; }

    /// <summary>HTTP calls that may wait for a place; null: any number; 0: none.</summary>
    public int? MaxConcurrencyQueue { get; init; }

    /// <summary>The time a call may take; null: no limit over HTTP (0 in the manifest).</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>The largest request body in bytes.</summary>
    public long MaxBodySize { get; init; } = 100L << 20;

    /// <summary>Origins that browsers may call from; <c>*</c>: any.</summary>
    public IReadOnlyList<string> CorsOrigins { get; init; } = ["*"];

    /// <summary>How long calls are still taken after SIGTERM.</summary>
    public TimeSpan ShutdownDelay { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>How long running calls may take to finish when stopping.</summary>
    public TimeSpan ShutdownGrace { get; init; } = TimeSpan.FromSeconds(25);

    /// <summary>What an argument that the endpoint does not have leads to.</summary>
    public UnknownArguments UnknownArguments { get; init; } = UnknownArguments.Refuse;

    /// <summary>Whether NaN and infinities are written as strings instead of null.</summary>
    public bool NamedFloats { get; init; }

    /// <summary>Where task records are kept.</summary>
    public QueueUrl Store { get; init; } = QueueUrl.Parse("sqlite:");

    /// <summary>The hard limit of a task.</summary>
    public TimeSpan TaskTimeout { get; init; } = TimeSpan.FromHours(2);

    /// <summary>How long records of completed tasks are kept.</summary>
    public TimeSpan TaskRetention { get; init; } = TimeSpan.FromHours(24);

    /// <summary>How long records of failed tasks are kept.</summary>
    public TimeSpan FailedRetention { get; init; } = TimeSpan.FromDays(30);

    /// <summary>Queued tasks at most; then 429.</summary>
    public int MaxQueuedTasks { get; init; } = 10_000;

    /// <summary>Interruptions (kill, restart, lost lease) after which a task fails as lost.</summary>
    public int MaxInterruptions { get; init; } = 10;

    /// <summary>Hosts that webhooks may be sent to; empty: webhooks are off.</summary>
    public IReadOnlyList<string> WebhookHosts { get; init; } = [];

    /// <summary>What the dashboard offers.</summary>
    public DashboardMode Dashboard { get; init; } = DashboardMode.On;

    /// <summary>How calls are carried out.</summary>
    public ExecutorOptions Executor { get; init; } = new();

    /// <summary>The queues that the host works on.</summary>
    public IReadOnlyList<QueueOptions> Queues { get; init; } = [];
}
