using JobRunner.Manifest;
using JobRunner.Execution;
using JobRunner.Http.Access;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace JobRunner.Http;

/// <summary>What a host was told about HTTP, read once.</summary>
internal sealed class HttpSettings
{
    /// <summary>Longest timeout that timers can hold.</summary>
    public static readonly TimeSpan MaxTimeout = TimeSpan.FromDays(24);

    private readonly AccessTokens? _tokens;

    public HttpSettings(
        JobManifest manifest, JobIdentity identity, Func<string, string?> environment, AccessTokens? tokens = null)
    {
        _tokens = tokens is { AreRequired: true } ? tokens : null;
        Manifest = manifest;
        Identity = identity;
        Environment = environment;
        MaxBodySize = manifest.Extra.MaxBodySize;
        Timeout = manifest.Extra.Timeout is { } timeout && timeout > TimeSpan.Zero ? timeout : null;
        TracingHeader = environment("REQUEST_TRACING_HEADER") is { Length: > 0 } tracing ? tracing : JobHeaders.DefaultTracing;
        CallerHeader = environment("CALLER_NAME_HEADER") is { Length: > 0 } caller ? caller : JobHeaders.DefaultCaller;
        FormOptions = new FormOptions
        {
            MultipartBodyLengthLimit = MaxBodySize,
            BufferBodyLengthLimit = MaxBodySize,
            ValueLengthLimit = (int)Math.Min(MaxBodySize, int.MaxValue),
        };
    }

    public JobManifest Manifest { get; }

    public JobIdentity Identity { get; }

    public Func<string, string?> Environment { get; }

    /// <summary>Largest body, in bytes.</summary>
    public long MaxBodySize { get; }

    /// <summary>Longest call; null for no limit.</summary>
    public TimeSpan? Timeout { get; }

    public string TracingHeader { get; }

    public string CallerHeader { get; }

    public FormOptions FormOptions { get; }

    /// <summary>Name of the caller: the one its token stands for, else the one it gives itself. Where there are tokens,
    /// a caller without one is nobody: it could be named like anyone.</summary>
    public string? CallerOf(HttpContext http)
    {
        if (_tokens is null)
            return http.Request.Headers[CallerHeader];
        return _tokens.Find(http.Request) is { } token ? token.Name ?? http.Request.Headers[CallerHeader] : null;
    }
}
