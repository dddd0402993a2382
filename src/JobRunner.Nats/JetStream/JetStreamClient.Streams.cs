using System.Globalization;
using System.Text.Json;
using JobRunner.Nats.Protocol;

namespace JobRunner.Nats.JetStream;

/// <summary>A message as a stream holds it.</summary>
internal sealed record StoredMessage(
    string Subject, ulong Sequence, NatsHeaders? Headers, ReadOnlyMemory<byte> Payload, DateTimeOffset Time);

/// <summary>Streams and their messages.</summary>
internal sealed partial class JetStreamClient
{
    public Task<StreamInfo> CreateStreamAsync(StreamConfig config, CancellationToken cancellationToken = default) =>
        AskAsync($"$JS.API.STREAM.CREATE.{CheckName(config.Name)}", config, JetStreamJson.Default.StreamConfig, JetStreamJson.Default.StreamInfo, cancellationToken);

    public Task<StreamInfo> UpdateStreamAsync(StreamConfig config, CancellationToken cancellationToken = default) =>
        AskAsync($"$JS.API.STREAM.UPDATE.{CheckName(config.Name)}", config, JetStreamJson.Default.StreamConfig, JetStreamJson.Default.StreamInfo, cancellationToken);

    /// <summary>The stream, created where it is missing; one that exists is used as it is.</summary>
    public async Task<StreamInfo> EnsureStreamAsync(StreamConfig config, CancellationToken cancellationToken = default)
    {
        if (await FindStreamAsync(config.Name, cancellationToken) is { } existing) return existing;
        try
        {
            return await CreateStreamAsync(config, cancellationToken);
        }
        catch (JetStreamException exception) when (exception.IsStreamNameInUse)
        {
            // Another client was faster.
            return await InfoAsync(config.Name, new(), cancellationToken);
        }
    }

    public Task<StreamInfo?> FindStreamAsync(string name, CancellationToken cancellationToken = default) =>
        OrNull(InfoAsync(name, new(), cancellationToken));

    /// <summary>Every subject of the stream that matches, with its number of messages.</summary>
    public async Task<IReadOnlyDictionary<string, long>> CountBySubjectAsync(
        string stream, string filter, CancellationToken cancellationToken = default)
    {
        var counts = new Dictionary<string, long>(StringComparer.Ordinal);
        while (true)
        {
            var page = await InfoAsync(stream, new() { SubjectsFilter = filter, Offset = counts.Count }, cancellationToken);
            var before = counts.Count;
            foreach (var (subject, count) in page.State.Subjects ?? [])
                counts[subject] = count;
            if (counts.Count == before || counts.Count >= page.Total) return counts;
        }
    }

    /// <returns>Whether there was one.</returns>
    public async Task<bool> DeleteStreamAsync(string name, CancellationToken cancellationToken = default) =>
        await OrNull(AskAsync($"$JS.API.STREAM.DELETE.{CheckName(name)}", [], JetStreamJson.Default.SuccessResponse, cancellationToken)) is not null;

    /// <returns>How many messages were removed.</returns>
    public async Task<long> PurgeStreamAsync(string name, PurgeRequest? what = null, CancellationToken cancellationToken = default) =>
        (await AskAsync($"$JS.API.STREAM.PURGE.{CheckName(name)}", what ?? new(), JetStreamJson.Default.PurgeRequest, JetStreamJson.Default.PurgeResponse, cancellationToken)).Purged;

    /// <returns>Whether there was one.</returns>
    public async Task<bool> DeleteMessageAsync(string stream, ulong sequence, CancellationToken cancellationToken = default)
    {
        const int noSuchMessage = 10043;
        try
        {
            var response = await AskAsync(
                $"$JS.API.STREAM.MSG.DELETE.{CheckName(stream)}",
                new DeleteMessageRequest { Seq = sequence },
                JetStreamJson.Default.DeleteMessageRequest,
                JetStreamJson.Default.SuccessResponse,
                cancellationToken);
            return response.Success;
        }
        catch (JetStreamException exception) when (exception.IsNotFound || exception.ErrorCode == noSuchMessage)
        {
            return false;
        }
    }

    /// <summary>Asks the leader, which knows the newest.</summary>
    public async Task<StoredMessage?> GetMessageAsync(string stream, GetMessageRequest which, CancellationToken cancellationToken = default)
    {
        var response = await OrNull(AskAsync(
            $"$JS.API.STREAM.MSG.GET.{CheckName(stream)}", which, JetStreamJson.Default.GetMessageRequest, JetStreamJson.Default.GetMessageResponse, cancellationToken));
        return response?.Message is { } message
            ? new StoredMessage(message.Subject, message.Seq, message.Hdrs is null ? null : NatsHeaders.Parse(message.Hdrs), message.Data ?? [], message.Time)
            : null;
    }

    /// <summary>Asks any replica of a stream that allows it: faster, and perhaps a moment behind.</summary>
    public async Task<StoredMessage?> GetDirectAsync(string stream, GetMessageRequest which, CancellationToken cancellationToken = default)
    {
        const int notFound = 404;
        var body = JsonSerializer.SerializeToUtf8Bytes(which, JetStreamJson.Default.GetMessageRequest);
        var reply = await RequestAsync($"$JS.API.DIRECT.GET.{CheckName(stream)}", body, null, cancellationToken);
        if (reply.Status == notFound) return null;
        if (reply.Status != 0 || reply.Headers is not { } headers)
            throw new JetStreamException(reply.Status, 0, reply.Headers?.Description ?? "no headers in a direct answer");
        return new StoredMessage(
            headers["Nats-Subject"] ?? "",
            ulong.Parse(headers["Nats-Sequence"] ?? "0", CultureInfo.InvariantCulture),
            headers,
            reply.Payload,
            DateTimeOffset.Parse(headers["Nats-Time-Stamp"] ?? "1970-01-01Z", CultureInfo.InvariantCulture));
    }

    private Task<StreamInfo> InfoAsync(string name, StreamInfoRequest request, CancellationToken cancellationToken) =>
        AskAsync($"$JS.API.STREAM.INFO.{CheckName(name)}", request, JetStreamJson.Default.StreamInfoRequest, JetStreamJson.Default.StreamInfo, cancellationToken);
}
