using System.Security.Cryptography;
using System.Text;

namespace JobRunner.Http.Access;

/// <summary>One token, known by its hash only, and the caller it stands for.</summary>
/// <param name="Name">Name of the caller; null for a token without one.</param>
internal sealed record AccessToken(string? Name)
{
    private readonly byte[] _hash = new byte[SHA256.HashSizeInBytes];

    /// <summary>Reads entries: tokens, or <c>name=token</c>, separated by commas or white space.</summary>
    public static AccessToken[] Parse(string? text) =>
        [.. (text ?? string.Empty)
            .Split([',', ' ', '\t', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries)
            .Select(ParseEntry)
            .OfType<AccessToken>()];

    /// <summary>Hashes what a caller presents, so that comparing takes the same time whatever its length is.</summary>
    public static void Hash(ReadOnlySpan<char> presented, Span<byte> hash)
    {
        var size = Encoding.UTF8.GetMaxByteCount(presented.Length);
        var bytes = size <= 512 ? stackalloc byte[512] : new byte[size];
        SHA256.HashData(bytes[..Encoding.UTF8.GetBytes(presented, bytes)], hash);
    }

    public bool Matches(ReadOnlySpan<byte> hash) => CryptographicOperations.FixedTimeEquals(hash, _hash);

    /// <summary>Never shows the token, wherever it is printed.</summary>
    public override string ToString() => Name ?? "(unnamed)";

    private static AccessToken? ParseEntry(string entry)
    {
        // Base64 ends in equals signs: a name stands only before something else.
        var sign = entry.IndexOf('=', StringComparison.Ordinal);
        var isNamed = sign > 0 && entry.AsSpan(sign).ContainsAnyExcept('=');
        var name = isNamed ? entry[..sign] : null;
        var value = isNamed ? entry.AsSpan(sign + 1) : entry.AsSpan();
        if (!value.ContainsAnyExcept('='))
            return null;
        var token = new AccessToken(name);
        Hash(value, token._hash);
        return token;
    }
}
