namespace JobRunner;

/// <summary>What of another job is called, and how.</summary>
public sealed record JobCallOptions
{
    /// <summary>The path that calls <c>Perform</c>.</summary>
    public const string DefaultPath = "/api/v1/perform";

    /// <summary>The version that stands for the newest one.</summary>
    public const string LatestVersion = "latest";

    /// <summary>How long a call may take unless told otherwise.</summary>
    public static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Path of the endpoint, query included. Default: <c>/api/v1/perform</c>.</summary>
    public string Path { get; init; } = DefaultPath;

    /// <summary>An exact version, or an alias of one. Default: <c>latest</c>.</summary>
    public string Version { get; init; } = LatestVersion;

    /// <summary>HTTP method. Default: POST.</summary>
    public HttpMethod Method { get; init; } = HttpMethod.Post;

    /// <summary>Time for the whole answer; of a task, for the answer that it has started.
    /// <see cref="System.Threading.Timeout.InfiniteTimeSpan"/> for no limit. Default: 10 s.</summary>
    public TimeSpan Timeout { get; init; } = DefaultTimeout;
}
