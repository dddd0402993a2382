using System.Globalization;
using JobRunner.Nats.Protocol;

namespace JobRunner.Nats.JetStream;

/// <summary>What must hold for a message to be stored; a refusal is a <see cref="JetStreamException"/>.</summary>
internal sealed record PublishConditions
{
    /// <summary>Stored once within the stream's duplicate window.</summary>
    public string? MessageId { get; init; }

    public string? ExpectedStream { get; init; }

    public ulong? ExpectedLastSequence { get; init; }

    /// <summary>0: the subject has no message yet.</summary>
    public ulong? ExpectedLastSubjectSequence { get; init; }

    public string? ExpectedLastMessageId { get; init; }
}

/// <summary>Storing messages.</summary>
internal sealed partial class JetStreamClient
{
    /// <summary>Publishes and waits until the message is stored.</summary>
    public async Task<PublishAck> PublishAsync(
        string subject,
        ReadOnlyMemory<byte> payload,
        NatsHeaders? headers = null,
        PublishConditions? conditions = null,
        CancellationToken cancellationToken = default)
    {
        var all = new NatsHeaders();
        foreach (var (name, value) in headers ?? [])
            all.Add(name, value);
        AddConditions(all, conditions);
        var reply = await RequestAsync(subject, payload, all, cancellationToken);
        return Read(reply, JetStreamJson.Default.PublishAck);
    }

    /// <summary>Whether a stream takes what is published there.</summary>
    public async Task<bool> IsStoredAsync(string subject, CancellationToken cancellationToken = default)
    {
        Subjects.CheckConcrete(subject);
        var names = await AskAsync(
            "$JS.API.STREAM.NAMES", new StreamNamesRequest { Subject = subject }, JetStreamJson.Default.StreamNamesRequest, JetStreamJson.Default.StreamNamesResponse, cancellationToken);
        return names.Streams is { Count: > 0 };
    }

    private static void AddConditions(NatsHeaders headers, PublishConditions? conditions)
    {
        if (conditions is null) return;
        Add("Nats-Msg-Id", conditions.MessageId);
        Add("Nats-Expected-Stream", conditions.ExpectedStream);
        Add("Nats-Expected-Last-Sequence", conditions.ExpectedLastSequence?.ToString(CultureInfo.InvariantCulture));
        Add("Nats-Expected-Last-Subject-Sequence", conditions.ExpectedLastSubjectSequence?.ToString(CultureInfo.InvariantCulture));
        Add("Nats-Expected-Last-Msg-Id", conditions.ExpectedLastMessageId);

        void Add(string name, string? value)
        {
            if (value is not null) headers.Add(name, value);
        }
    }
}
