using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using JobRunner.Nats.Protocol;

namespace JobRunner.Nats.JetStream;

/// <summary>JetStream's requests over any NATS client.</summary>
internal sealed partial class JetStreamClient(INatsClient client, TimeProvider time)
{
    private const int ElectionRetries = 40;
    private static readonly TimeSpan ElectionWait = TimeSpan.FromMilliseconds(125);

    public INatsClient Client => client;

    public TimeProvider Time => time;

    /// <summary>A name that can be a part of a subject.</summary>
    /// <exception cref="ArgumentException">It cannot.</exception>
    public static string CheckName(string name)
    {
        Subjects.CheckWord(name);
        return name.AsSpan().IndexOfAny(".*>/\\") < 0
            ? name
            : throw new ArgumentException($"The name \"{name}\" has one of . * > / and \\, which names in JetStream cannot have.", nameof(name));
    }

    private async Task<TResponse> AskAsync<TResponse>(
        string subject, byte[] body, JsonTypeInfo<TResponse> type, CancellationToken cancellationToken)
        where TResponse : ApiResponse
    {
        var reply = await RequestAsync(subject, body, null, cancellationToken);
        return Read(reply, type);
    }

    private Task<TResponse> AskAsync<TRequest, TResponse>(
        string subject, TRequest request, JsonTypeInfo<TRequest> requestType, JsonTypeInfo<TResponse> type, CancellationToken cancellationToken)
        where TResponse : ApiResponse =>
        AskAsync(subject, JsonSerializer.SerializeToUtf8Bytes(request, requestType), type, cancellationToken);

    /// <summary>A server that has just started, or elects a leader, has nobody who answers for a moment.</summary>
    private async Task<NatsMessage> RequestAsync(
        string subject, ReadOnlyMemory<byte> body, NatsHeaders? headers, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await client.RequestAsync(subject, body, headers, null, cancellationToken);
            }
            catch (NatsNoRespondersException) when (attempt < ElectionRetries && client.Server is { Jetstream: true })
            {
                await Task.Delay(ElectionWait, time, cancellationToken);
            }
        }
    }

    private static TResponse Read<TResponse>(NatsMessage reply, JsonTypeInfo<TResponse> type)
        where TResponse : ApiResponse
    {
        TResponse? response;
        try
        {
            response = JsonSerializer.Deserialize(reply.Payload.Span, type);
        }
        catch (JsonException exception)
        {
            throw new NatsException($"JetStream's answer on {reply.Subject} is not the JSON object of its API.", exception);
        }

        return response switch
        {
            { Error: { } error } => throw new JetStreamException(error.Code, error.ErrCode, error.Description),
            null => throw new NatsException("JetStream's answer is empty."),
            _ => response,
        };
    }

    private static async Task<TResponse?> OrNull<TResponse>(Task<TResponse> asking)
        where TResponse : class
    {
        try
        {
            return await asking;
        }
        catch (JetStreamException exception) when (exception.IsNotFound)
        {
            return null;
        }
    }
}
