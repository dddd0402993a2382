using Microsoft.AspNetCore.Http;

namespace JobRunner.Http;

/// <summary>The paths under which a job is served.</summary>
internal static class JobPaths
{
    public const string Api = "/api/v1";

    /// <summary>Route patterns that stand before every path: gateways keep them, clients on the spot leave them
    /// out.</summary>
    public static readonly IReadOnlyList<string> Prefixes =
    [
        string.Empty,
        "/pub/job/{__name}/{__version}",
        "/pub/fatman/{__name}/{__version}",
    ];

    /// <summary>What a request asks for: its path, or <c>*</c> where OPTIONS asks about the server as a whole.</summary>
    public static string TargetOf(HttpRequest request) =>
        request.PathBase.Add(request.Path).Value is { Length: > 0 } path ? path : "*";

    /// <summary>The part of a request's path that is a prefix; empty at the root.</summary>
    public static PathString PrefixOf(HttpRequest request)
    {
        if (!request.Path.StartsWithSegments("/pub", StringComparison.OrdinalIgnoreCase, out var rest)
            || !(rest.StartsWithSegments("/job", StringComparison.OrdinalIgnoreCase)
                || rest.StartsWithSegments("/fatman", StringComparison.OrdinalIgnoreCase)))
            return PathString.Empty;
        var path = request.Path.Value!;
        var end = 0;
        for (var slashes = 0; end < path.Length; end++)
        {
            if (path[end] == '/' && ++slashes == 5)
                break;
        }

        return new PathString(path[..end]);
    }
}
