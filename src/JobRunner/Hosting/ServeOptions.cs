using System.Globalization;
using JobRunner.Queues.Formats;
using Microsoft.Extensions.Configuration;

namespace JobRunner.Hosting;

/// <summary>How a host works that takes no calls over HTTP.</summary>
/// <param name="Concurrency">Calls at once; null for the manifest's, else the number of cores.</param>
/// <param name="IsBurst">Whether it ends when its queues are empty.</param>
/// <param name="ServesProbes">Whether it listens, for probes and metrics.</param>
internal sealed record WorkerOptions(int? Concurrency, bool IsBurst, bool ServesProbes);

/// <summary>Where a host listens and which manifest it reads.</summary>
internal sealed record ServeOptions
{
    public const string DefaultHost = "0.0.0.0";
    public const int DefaultPort = 7000;

    public string Host { get; init; } = DefaultHost;

    /// <summary>TCP port; 0 for any that is free.</summary>
    public int Port { get; init; } = DefaultPort;

    public string? ManifestPath { get; init; }

    /// <summary>URLs of queues to work on, beside those of the manifest.</summary>
    public IReadOnlyList<string> Queues { get; init; } = [];

    /// <summary>Form of the messages of <see cref="Queues"/> where a URL does not say; null: the default.</summary>
    public string? Format { get; init; }

    /// <summary>Set for a host that works on queues and takes no calls over HTTP.</summary>
    public WorkerOptions? Worker { get; init; }

    /// <summary>The manifest as these options change it.</summary>
    /// <exception cref="ManifestException">The URL of a queue is wrong.</exception>
    public JobManifest Adjust(JobManifest manifest)
    {
        var extra = manifest.Extra;
        if (Queues.Count > 0)
            extra = extra with { Queues = [.. extra.Queues, .. Queues.Select(FromUrl)] };
        if (Worker is null)
            return manifest with { Extra = extra };
        return manifest with
        {
            Extra = extra with
            {
                MaxConcurrency = Worker.Concurrency ?? extra.MaxConcurrency ?? Environment.ProcessorCount,

                // There is no load balancer that would have to notice.
                ShutdownDelay = TimeSpan.Zero,
            },
        };
    }

    /// <summary>Reads <c>--host</c>, <c>--port</c>, <c>--manifest-path</c> and the variable <c>PORT</c>.</summary>
    /// <exception cref="JobLoadException">A value is unusable.</exception>
    public static ServeOptions Parse(string[]? args)
    {
        var configuration = new ConfigurationBuilder().AddCommandLine(args ?? []).Build();
        return new ServeOptions
        {
            Host = configuration["host"] ?? DefaultHost,
            Port = configuration["port"] is { } port ? ParsePort("--port", port) : PortFromEnvironment() ?? DefaultPort,
            ManifestPath = configuration["manifest-path"],
        };
    }

    /// <summary>The variable <c>PORT</c>; null where it is not set.</summary>
    /// <exception cref="JobLoadException">It is no port.</exception>
    public static int? PortFromEnvironment() =>
        Environment.GetEnvironmentVariable("PORT") is { Length: > 0 } port ? ParsePort("PORT", port) : null;

    private QueueOptions FromUrl(string url)
    {
        var options = QueueOptions.FromUrl(url);
        return Format is not null && options.Format == JobFormat.FormatName ? options with { Format = Format } : options;
    }

    private static int ParsePort(string name, string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port <= ushort.MaxValue
            ? port
            : throw new JobLoadException($"{name} is \"{text}\"; it must be a number from 0 to {ushort.MaxValue}.");
}
