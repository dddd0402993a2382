using Microsoft.AspNetCore.Http;

namespace JobRunner.Http.Access;

/// <summary>The path prefixes of a manifest that need no token.</summary>
/// <remarks>They are compared with the path that routing sees, which the server has decoded and freed of dot segments;
/// by whole segments; and by case, so that what differs at all is not public.</remarks>
internal sealed class PublicEndpoints(IEnumerable<string> prefixes)
{
    private readonly string[] _prefixes = [.. prefixes.Select(prefix => prefix.TrimEnd('/'))];

    public bool Contain(HttpRequest request)
    {
        if (_prefixes.Length == 0)
            return false;
        var path = request.Path.Value.AsSpan((JobPaths.PrefixOf(request).Value ?? string.Empty).Length);
        foreach (var prefix in _prefixes)
        {
            if (path.StartsWith(prefix, StringComparison.Ordinal) && (path.Length == prefix.Length || path[prefix.Length] == '/'))
                return true;
        }

        return false;
    }
}
