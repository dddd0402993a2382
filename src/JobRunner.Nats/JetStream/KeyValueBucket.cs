using System.Globalization;
using System.Runtime.CompilerServices;
using JobRunner.Nats.Protocol;

namespace JobRunner.Nats.JetStream;

/// <summary>
/// A key-value bucket in the layout of NATS's own clients: the stream <c>KV_{bucket}</c>, a subject
/// <c>$KV.{bucket}.{key}</c> per key, its last message being the value. A write may ask that the key is still at the
/// revision that was read.
/// </summary>
internal sealed class KeyValueBucket
{
    private const string OperationHeader = "KV-Operation";
    private const int WatchBatch = 256;

    private static readonly TimeSpan WatchExpiry = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan WatchHeartbeat = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan WatchRetry = TimeSpan.FromMilliseconds(250);

    private readonly JetStreamClient _jetStream;
    private readonly string _prefix;

    private KeyValueBucket(JetStreamClient jetStream, string bucket)
    {
        (_jetStream, Name, Stream, _prefix) = (jetStream, bucket, $"KV_{bucket}", $"$KV.{bucket}.");
    }

    public string Name { get; }

    /// <summary>The stream behind it.</summary>
    public string Stream { get; }

    /// <summary>The bucket, created where it is missing; one that exists is used as it is.</summary>
    public static async Task<KeyValueBucket> OpenAsync(
        JetStreamClient jetStream, string bucket, CancellationToken cancellationToken, TimeSpan maxAge = default, int replicas = 1)
    {
        JetStreamClient.CheckName(bucket);
        await jetStream.EnsureStreamAsync(
            new StreamConfig
            {
                Name = $"KV_{bucket}",
                Subjects = [$"$KV.{bucket}.>"],
                MaxMsgsPerSubject = 1,
                MaxAge = maxAge,
                Discard = StreamDiscard.New,
                NumReplicas = replicas,
                AllowRollupHdrs = true,
                AllowDirect = true,
            },
            cancellationToken);
        return new KeyValueBucket(jetStream, bucket);
    }

    /// <summary>The newest entry, markers of deletion included, or null.</summary>
    public async Task<KeyValueEntry?> FindAsync(string key, CancellationToken cancellationToken = default)
    {
        var message = await _jetStream.GetMessageAsync(Stream, new GetMessageRequest { LastBySubj = SubjectOf(key) }, cancellationToken);
        return message is null ? null : EntryOf(message.Subject, message.Headers, message.Payload, message.Sequence, message.Time);
    }

    /// <summary>The value, or null where there is none.</summary>
    public async Task<KeyValueEntry?> GetAsync(string key, CancellationToken cancellationToken = default) =>
        await FindAsync(key, cancellationToken) is { Exists: true } entry ? entry : null;

    /// <returns>The new revision.</returns>
    public async Task<ulong> PutAsync(string key, ReadOnlyMemory<byte> value, CancellationToken cancellationToken = default) =>
        (await _jetStream.PublishAsync(SubjectOf(key), value, cancellationToken: cancellationToken)).Seq;

    /// <summary>Writes a key that has no value.</summary>
    /// <returns>The new revision, or null where there is a value already.</returns>
    public async Task<ulong?> CreateAsync(string key, ReadOnlyMemory<byte> value, CancellationToken cancellationToken = default)
    {
        if (await UpdateAsync(key, value, 0, cancellationToken) is { } revision) return revision;
        return await FindAsync(key, cancellationToken) is { Exists: false } marker
            ? await UpdateAsync(key, value, marker.Revision, cancellationToken)
            : null;
    }

    /// <summary>Writes a key that is still at this revision.</summary>
    /// <returns>The new revision, or null where the key has gone on.</returns>
    public Task<ulong?> UpdateAsync(string key, ReadOnlyMemory<byte> value, ulong revision, CancellationToken cancellationToken = default) =>
        WriteIfAsync(key, value, null, revision, cancellationToken);

    /// <summary>Leaves a marker that the key is gone.</summary>
    /// <returns>False where a revision was given and the key has gone on.</returns>
    public async Task<bool> DeleteAsync(string key, ulong? revision = null, CancellationToken cancellationToken = default) =>
        await WriteIfAsync(key, default, new NatsHeaders { { OperationHeader, "DEL" } }, revision, cancellationToken) is not null;

    /// <summary>Leaves a marker in place of the key and its history.</summary>
    /// <returns>False where a revision was given and the key has gone on.</returns>
    public async Task<bool> PurgeAsync(string key, ulong? revision = null, CancellationToken cancellationToken = default)
    {
        var headers = new NatsHeaders { { OperationHeader, "PURGE" }, { "Nats-Rollup", "sub" } };
        return await WriteIfAsync(key, default, headers, revision, cancellationToken) is not null;
    }

    /// <summary>Removes one revision without leaving a marker; watchers are not told.</summary>
    /// <returns>Whether the bucket had it.</returns>
    public Task<bool> RemoveAsync(ulong revision, CancellationToken cancellationToken = default) =>
        _jetStream.DeleteMessageAsync(Stream, revision, cancellationToken);

    /// <summary>Removes what matches without leaving markers; watchers are not told.</summary>
    public Task<long> EraseAsync(string pattern, CancellationToken cancellationToken = default) =>
        _jetStream.PurgeStreamAsync(Stream, new PurgeRequest { Filter = _prefix + pattern }, cancellationToken);

    /// <summary>Reads what matches, in the order of its writing.</summary>
    /// <param name="pattern">Keys with wildcards.</param>
    /// <param name="after">Only what came after this revision; 0 for everything.</param>
    /// <param name="max">Most entries.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public async Task<IReadOnlyList<KeyValueEntry>> ReadAsync(
        string pattern, ulong after, int max, CancellationToken cancellationToken = default)
    {
        var entries = new List<KeyValueEntry>();
        var consumer = await FollowAsync(_prefix + pattern, after + 1, cancellationToken);
        try
        {
            if (consumer.NumPending == 0) return entries;
            var batch = (int)Math.Min(max, consumer.NumPending);
            var request = new PullRequest { Batch = batch, NoWait = true };
            await foreach (var delivered in new PullConsumer(_jetStream, Stream, consumer.Name).PullAsync(request, cancellationToken))
                entries.Add(EntryOf(delivered));
            return entries;
        }
        finally
        {
            await ForgetAsync(consumer.Name);
        }
    }

    /// <summary>The keys that match, those with markers of deletion included.</summary>
    public async Task<IReadOnlyList<string>> KeysAsync(string pattern, CancellationToken cancellationToken = default)
    {
        var counts = await _jetStream.CountBySubjectAsync(Stream, _prefix + pattern, cancellationToken);
        return [.. counts.Keys.Select(subject => subject[_prefix.Length..])];
    }

    /// <summary>
    /// The newest entry of every key, then each change as it is made, without an end. A watcher that loses its
    /// connection goes on where it was; of a key that changed often meanwhile it may see the last change only.
    /// </summary>
    /// <param name="pattern">A key, or a pattern such as <c>jobs.*</c>.</param>
    /// <param name="after">Only what came after this revision; 0 for everything.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async IAsyncEnumerable<KeyValueEntry> WatchAsync(
        string pattern = ">", ulong after = 0, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var position = after;
            await using var changes = WatchOnceAsync(pattern, position, cancellationToken).GetAsyncEnumerator(cancellationToken);
            while (await TryMoveAsync(changes))
            {
                after = Math.Max(after, changes.Current.Revision);
                yield return changes.Current;
            }

            await Task.Delay(WatchRetry, _jetStream.Time, cancellationToken);
        }
    }

    private static async Task<bool> TryMoveAsync(IAsyncEnumerator<KeyValueEntry> changes)
    {
        try
        {
            return await changes.MoveNextAsync();
        }
        catch (NatsException)
        {
            return false;
        }
    }

    private async IAsyncEnumerable<KeyValueEntry> WatchOnceAsync(
        string pattern, ulong after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var consumer = await FollowAsync(_prefix + pattern, after == 0 ? null : after + 1, cancellationToken);
        var pull = new PullConsumer(_jetStream, Stream, consumer.Name);
        try
        {
            while (true)
            {
                var request = new PullRequest { Batch = WatchBatch, Expires = WatchExpiry, IdleHeartbeat = WatchHeartbeat };
                await foreach (var delivered in pull.PullAsync(request, cancellationToken))
                    yield return EntryOf(delivered);
            }
        }
        finally
        {
            await ForgetAsync(consumer.Name);
        }
    }

    /// <param name="subject">What it sees.</param>
    /// <param name="from">The first revision; null: the newest of every key, then what comes.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    private Task<ConsumerInfo> FollowAsync(string subject, ulong? from, CancellationToken cancellationToken) =>
        _jetStream.CreateConsumerAsync(
            Stream,
            new ConsumerConfig
            {
                DeliverPolicy = from is null ? DeliverPolicy.LastPerSubject : DeliverPolicy.ByStartSequence,
                OptStartSeq = from,
                AckPolicy = AckPolicy.None,
                FilterSubject = subject,
                InactiveThreshold = WatchExpiry * 2,
                MemStorage = true,
            },
            cancellationToken);

    private async Task ForgetAsync(string consumer)
    {
        if (!_jetStream.Client.IsConnected) return;
        try
        {
            await _jetStream.DeleteConsumerAsync(Stream, consumer, CancellationToken.None);
        }
        catch (Exception exception) when (exception is NatsException or ObjectDisposedException)
        {
            // The server removes it for want of use.
        }
    }

    private async Task<ulong?> WriteIfAsync(
        string key, ReadOnlyMemory<byte> value, NatsHeaders? headers, ulong? revision, CancellationToken cancellationToken)
    {
        try
        {
            var conditions = new PublishConditions { ExpectedLastSubjectSequence = revision };
            return (await _jetStream.PublishAsync(SubjectOf(key), value, headers, conditions, cancellationToken)).Seq;
        }
        catch (JetStreamException exception) when (exception.IsWrongSequence)
        {
            return null;
        }
    }

    private string SubjectOf(string key)
    {
        var isKey = key.Length > 0 && key.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '/' or '_' or '=' or '.');
        return isKey
            ? _prefix + key
            : throw new ArgumentException(
                string.Create(CultureInfo.InvariantCulture, $"The key \"{key}\" has other characters than letters, digits and - / _ = ."), nameof(key));
    }

    private KeyValueEntry EntryOf(DeliveredMessage delivered) => EntryOf(
        delivered.Message.Subject, delivered.Message.Headers, delivered.Message.Payload, delivered.Sequence, delivered.Stored);

    private KeyValueEntry EntryOf(
        string subject, NatsHeaders? headers, ReadOnlyMemory<byte> value, ulong revision, DateTimeOffset written)
    {
        var operation = headers?[OperationHeader] switch
        {
            "DEL" => KeyValueOperation.Delete,
            "PURGE" => KeyValueOperation.Purge,
            _ => KeyValueOperation.Put,
        };
        return new KeyValueEntry(subject[_prefix.Length..], value, revision, operation, written);
    }
}
