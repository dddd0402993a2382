using System.Collections.Concurrent;
using System.Globalization;

namespace JobRunner.Nats.Protocol;

/// <summary>One subscription for the replies of all requests: the last part of a reply's subject tells which.</summary>
internal sealed class ReplyInbox(string prefix) : IMessageSink
{
    private readonly ConcurrentDictionary<long, TaskCompletionSource<NatsMessage>> _waiting = new();
    private long _last;

    public string Subject { get; } = $"{prefix}.*";

    public string? QueueGroup => null;

    /// <summary>A place for one reply; must be closed.</summary>
    public PendingReply Open()
    {
        var token = Interlocked.Increment(ref _last);
        var reply = new TaskCompletionSource<NatsMessage>(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting[token] = reply;
        return new PendingReply($"{prefix}.{token}", reply.Task, () => _waiting.TryRemove(token, out _));
    }

    public void Deliver(NatsMessage message)
    {
        var last = message.Subject.AsSpan(message.Subject.LastIndexOf('.') + 1);
        if (long.TryParse(last, NumberStyles.None, CultureInfo.InvariantCulture, out var token)
            && _waiting.TryRemove(token, out var reply))
            reply.TrySetResult(message);
    }

    /// <summary>Tells everybody who waits that the reply will not come.</summary>
    public void FailAll(Exception exception)
    {
        foreach (var token in _waiting.Keys)
        {
            if (_waiting.TryRemove(token, out var reply)) reply.TrySetException(exception);
        }
    }
}

/// <summary>A reply that has not come yet.</summary>
internal readonly record struct PendingReply(string Subject, Task<NatsMessage> Task, Action Close) : IDisposable
{
    public void Dispose()
    {
        Close();

        // One that fails after its request was given up is nobody's error.
        _ = Task.ContinueWith(
            static task => _ = task.Exception,
            CancellationToken.None,
            TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
    }
}
