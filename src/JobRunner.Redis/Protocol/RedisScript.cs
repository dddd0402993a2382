using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace JobRunner.Redis.Protocol;

/// <summary>A Lua script, which Redis runs as one step that nothing else can come between.</summary>
internal sealed class RedisScript(string text)
{
    public string Text { get; } = text;

    /// <summary>The name by which Redis knows the script once it has seen it.</summary>
    public string Digest { get; } = DigestOf(text);

    public RedisCommand ByDigest(ReadOnlySpan<RedisArgument> keys, ReadOnlySpan<RedisArgument> arguments) =>
        new("EVALSHA", [Digest, keys.Length, .. keys, .. arguments]);

    public RedisCommand ByText(ReadOnlySpan<RedisArgument> keys, ReadOnlySpan<RedisArgument> arguments) =>
        new("EVAL", [Text, keys.Length, .. keys, .. arguments]);

    [SuppressMessage("Security", "CA5350", Justification = "EVALSHA names scripts by SHA-1; nothing is secured by it.")]
    private static string DigestOf(string text) => Convert.ToHexStringLower(SHA1.HashData(Encoding.UTF8.GetBytes(text)));
}
