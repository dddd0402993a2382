using System.Globalization;
using JobRunner.Nats.JetStream;
using Microsoft.Extensions.Logging;

namespace JobRunner.Nats.Queues;

/// <summary>Taking messages.</summary>
internal sealed partial class JetStreamQueue
{
    private const int MoveBatch = 100;

    private static readonly TimeSpan IdleWait = TimeSpan.FromMilliseconds(500);

    public Task<IReadOnlyList<QueueLease>> ReceiveAsync(int max, TimeSpan lease, CancellationToken cancellationToken) =>
        GuardAsync(async () =>
        {
            var topology = await ReadyAsync(cancellationToken);
            await LendAsync(topology, cancellationToken);
            lease = lease < _lease ? lease : _lease;
            if (await IsPausedAsync(topology, cancellationToken))
            {
                await WakeOrTimeAsync(cancellationToken);
                return [];
            }

            await MoveDueAsync(topology, cancellationToken);
            var taken = await TakeNowAsync(topology, max, lease, cancellationToken);
            return taken.Count > 0 ? taken : await TakeNextAsync(topology, lease, cancellationToken);
        });

    /// <summary>The server lends all messages of a consumer for the same time: that of whoever works on it. Somebody
    /// who only puts must not change it.</summary>
    private async Task LendAsync(QueueTopology topology, CancellationToken cancellationToken)
    {
        if (ReferenceEquals(_lending, topology)) return;
        await topology.ChangeLeaseAsync(_jetStream, _names, _lease, cancellationToken);
        _lending = topology;
    }

    private static async Task<bool> IsPausedAsync(QueueTopology topology, CancellationToken cancellationToken) =>
        await topology.Notes.GetAsync(PausedKey, cancellationToken) is not null;

    private async Task<IReadOnlyList<QueueLease>> TakeNowAsync(
        QueueTopology topology, int max, TimeSpan lease, CancellationToken cancellationToken)
    {
        var counts = await _jetStream.CountBySubjectAsync(_names.Stream, $"{_names.Subject}.*", cancellationToken);
        var taken = new List<QueueLease>();
        for (var priority = NewTask.MaxPriority; priority >= 0 && taken.Count < max; priority--)
        {
            if (topology.Bands[priority] is not { } band) continue;
            if (priority > 0 && !counts.ContainsKey(_names.BandSubject(priority))) continue;
            await PullAsync(band, new PullRequest { Batch = max - taken.Count, NoWait = true }, topology, lease, taken, cancellationToken);
        }

        return taken;
    }

    /// <summary>Waits for the plain subject, which other clients publish to, or for a word that something else came.</summary>
    private async Task<IReadOnlyList<QueueLease>> TakeNextAsync(
        QueueTopology topology, TimeSpan lease, CancellationToken cancellationToken)
    {
        var taken = new List<QueueLease>();
        using var woken = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var wake = WakeAsync(woken);
        try
        {
            await PullAsync(topology.Bands[0]!, new PullRequest { Expires = IdleWait }, topology, lease, taken, woken.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // Woken: the caller comes again, and takes the highest priority first.
        }
        finally
        {
            await woken.CancelAsync();
            await wake;
        }

        return taken;
    }

    private async Task PullAsync(
        PullConsumer band, PullRequest request, QueueTopology topology, TimeSpan lease, List<QueueLease> taken, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var delivered in band.PullAsync(request, cancellationToken))
            {
                // What has been lent is taken note of, whoever loses patience.
                if (await AcceptAsync(delivered, topology, lease, CancellationToken.None) is { } accepted) taken.Add(accepted);
            }
        }
        catch (OperationCanceledException)
        {
            foreach (var one in taken)
                await ReleaseAsync(one, CancellationToken.None);
            taken.Clear();
            throw;
        }
    }

    /// <summary>A message that was lent before has a note, which tells why it came again.</summary>
    private async Task<QueueLease?> AcceptAsync(
        DeliveredMessage delivered, QueueTopology topology, TimeSpan lease, CancellationToken cancellationToken)
    {
        var message = Read(delivered);
        if (delivered.Deliveries == 1)
            return new QueueLease(message) { Receipt = new LentMessage(delivered, null, _time, lease) };

        var notes = new MessageNotes(topology.Notes);
        var note = (await notes.FindAsync(delivered.Sequence, cancellationToken) ?? new MessageNote()).CountTo(delivered.Deliveries);
        var now = _time.GetUtcNow();
        if (note.DueAt is { } due && due > now)
        {
            // The server forgets delays when it restarts; it remembers the message.
            await notes.WriteAsync(delivered.Sequence, note with { Deliveries = delivered.Deliveries }, cancellationToken);
            await delivered.NakAsync(due - now, cancellationToken);
            return null;
        }

        note = note with { DueAt = null };
        await notes.WriteAsync(delivered.Sequence, note, cancellationToken);
        message = message with { Attempt = note.Failures + 1, FirstFailedAt = note.FirstFailedAt };
        var lent = new QueueLease(message) { Receipt = new LentMessage(delivered, note, _time, lease) };
        if (note.Interruptions <= MaxInterruptions) return lent;

        Lost(_logger, message.Id, Name, note.Interruptions);
        var error = string.Create(CultureInfo.InvariantCulture, $"lost: {note.Interruptions} workers took it and ended without a word");
        await BuryAsync(lent, new DeadLetter(message, error, "TaskLost", note.Failures) { FirstFailedAt = note.FirstFailedAt }, cancellationToken);
        return null;
    }

    /// <summary>Moves what waited for its time to where it may run.</summary>
    private async Task MoveDueAsync(QueueTopology topology, CancellationToken cancellationToken)
    {
        await foreach (var delivered in topology.Later.PullAsync(new PullRequest { Batch = MoveBatch, NoWait = true }, cancellationToken))
        {
            var wait = QueueNames.DueOf(delivered.Message.Subject) - _time.GetUtcNow();
            if (wait > TimeSpan.Zero)
            {
                await delivered.NakAsync(wait, CancellationToken.None);
                continue;
            }

            // A mover that dies between the two leaves the message to the next one, and its id keeps it single.
            var message = Read(delivered);
            var id = string.Create(CultureInfo.InvariantCulture, $"later:{delivered.Sequence}");
            await _jetStream.PublishAsync(
                SubjectOf(message, topology), message.Body, MessageHeaders.Write(message), new() { MessageId = id }, CancellationToken.None);
            await delivered.AckAsync(CancellationToken.None);
        }
    }

    private async Task WakeAsync(CancellationTokenSource woken)
    {
        try
        {
            await _wake!.Messages.ReadAsync(woken.Token);
            await woken.CancelAsync();
        }
        catch (Exception exception) when (exception is OperationCanceledException or System.Threading.Channels.ChannelClosedException)
        {
            // Nothing came, or the queue is being closed.
        }
    }

    private async Task WakeOrTimeAsync(CancellationToken cancellationToken)
    {
        using var woken = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        woken.CancelAfter(IdleWait);
        await WakeAsync(woken);
        cancellationToken.ThrowIfCancellationRequested();
    }

    private static QueueMessage Read(DeliveredMessage delivered) => MessageHeaders.Read(
        delivered.Message.Headers,
        delivered.Message.Payload,
        string.Create(CultureInfo.InvariantCulture, $"{delivered.Stream}-{delivered.Sequence}"),
        delivered.Stored);

    [LoggerMessage(Level = LogLevel.Error, Message = "Message {Id} of {Queue} is lost: {Interruptions} workers took it and ended without a word")]
    private static partial void Lost(ILogger logger, string id, string queue, int interruptions);
}
