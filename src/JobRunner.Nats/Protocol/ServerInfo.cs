using System.Text.Json;
using System.Text.Json.Serialization;

namespace JobRunner.Nats.Protocol;

/// <summary>What a server says about itself when a client connects, and whenever its cluster changes.</summary>
internal sealed record ServerInfo
{
    public string ServerId { get; init; } = "";

    public string ServerName { get; init; } = "";

    public string Version { get; init; } = "";

    public string Host { get; init; } = "";

    public int Port { get; init; }

    /// <summary>The largest message in bytes, headers included.</summary>
    public long MaxPayload { get; init; } = 1 << 20;

    /// <summary>Whether the server knows headers (2.2 and later).</summary>
    public bool Headers { get; init; }

    public bool AuthRequired { get; init; }

    public bool TlsRequired { get; init; }

    public bool TlsAvailable { get; init; }

    public bool Jetstream { get; init; }

    /// <summary>Other servers of the cluster, <c>host:port</c> each.</summary>
    public IReadOnlyList<string>? ConnectUrls { get; init; }

    /// <exception cref="NatsProtocolException">The text is no JSON object of that shape.</exception>
    public static ServerInfo Parse(ReadOnlySpan<byte> json)
    {
        try
        {
            var info = JsonSerializer.Deserialize(json, ProtocolJson.Default.ServerInfo);
            if (info is { MaxPayload: > 0 }) return info;
        }
        catch (JsonException)
        {
            // Told below, in the same words as a document that is only null.
        }

        throw new NatsProtocolException("The server's INFO is not the JSON object of the protocol.");
    }
}

/// <summary>What the client says about itself.</summary>
internal sealed record ConnectOptions
{
    public bool Verbose { get; init; }

    public bool Pedantic { get; init; }

    public bool TlsRequired { get; init; }

    public string Name { get; init; } = "";

    public string Lang { get; init; } = "dotnet";

    public string Version { get; init; } = "";

    /// <summary>1: the server may send INFO at any time.</summary>
    public int Protocol { get; init; } = 1;

    public bool Headers { get; init; } = true;

    public bool NoResponders { get; init; } = true;

    public bool Echo { get; init; } = true;

    public string? User { get; init; }

    public string? Pass { get; init; }

    public string? AuthToken { get; init; }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ServerInfo))]
[JsonSerializable(typeof(ConnectOptions))]
internal sealed partial class ProtocolJson : JsonSerializerContext;
