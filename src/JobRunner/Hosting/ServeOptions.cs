using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace JobRunner.Hosting;

/// <summary>Where a host listens and which manifest it reads.</summary>
internal sealed record ServeOptions
{
    public const string DefaultHost = "0.0.0.0";
    public const int DefaultPort = 7000;

    public string Host { get; init; } = DefaultHost;

    /// <summary>TCP port; 0 for any that is free.</summary>
    public int Port { get; init; } = DefaultPort;

    public string? ManifestPath { get; init; }

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

    private static int ParsePort(string name, string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port <= ushort.MaxValue
            ? port
            : throw new JobLoadException($"{name} is \"{text}\"; it must be a number from 0 to {ushort.MaxValue}.");
}
