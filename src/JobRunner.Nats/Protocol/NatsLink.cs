using System.IO.Pipelines;

namespace JobRunner.Nats.Protocol;

/// <summary>What a link hands on as it reads.</summary>
internal interface ILinkEvents
{
    /// <summary>Must not wait: nothing else is read meanwhile.</summary>
    /// <returns>False where nobody has this subscription any more.</returns>
    bool Deliver(long subscriptionId, NatsMessage message);

    void InfoChanged(ServerInfo info, NatsAddress from);

    void ServerComplained(string error);
}

/// <summary>
/// One established connection, from its handshake to its loss: one loop reads, one writes, one pings. It is never
/// mended; the client makes another.
/// </summary>
internal sealed class NatsLink(
    NatsAddress address, Stream stream, PipeReader input, ServerInfo info, NatsOptions options, TimeProvider time) : IAsyncDisposable
{
    private const int MaxUnsentBytes = 1 << 20;
    private const int MaxUnansweredPings = 2;

    private readonly Pipe _output = new(new PipeOptions(
        pauseWriterThreshold: MaxUnsentBytes, resumeWriterThreshold: MaxUnsentBytes / 2, useSynchronizationContext: false));

    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly Queue<TaskCompletionSource> _pings = new();
    private readonly CancellationTokenSource _lost = new();
    private volatile bool _isClosed;

    public NatsAddress Address => address;

    public ServerInfo Info { get; private set; } = info;

    /// <summary>Cancelled when this connection is lost.</summary>
    public CancellationToken Lost => _lost.Token;

    /// <summary>Reads and writes until the connection is lost or <paramref name="cancellationToken"/> is cancelled.</summary>
    public async Task RunAsync(ILinkEvents events, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task[] loops = [WriteLoopAsync(stop.Token), ReadLoopAsync(events, stop.Token), PingLoopAsync(stop.Token)];
        var first = await Task.WhenAny(loops);
        await CloseAsync();
        await stop.CancelAsync();
        await stream.DisposeAsync();
        await Task.WhenAll(loops).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await first;
    }

    /// <summary>Queues a command for the writing loop; waits where the server is slow to read.</summary>
    /// <exception cref="NatsDisconnectedException">The connection is lost.</exception>
    public async ValueTask SendAsync<TCommand>(TCommand command, CancellationToken cancellationToken)
        where TCommand : struct, ICommand
    {
        await _writing.WaitAsync(cancellationToken);
        try
        {
            await WriteAsync(command, cancellationToken);
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>Waits until the server has read everything sent so far.</summary>
    public async Task PingAsync(CancellationToken cancellationToken)
    {
        var pong = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await _writing.WaitAsync(cancellationToken);
        try
        {
            // Pongs come in the order of their pings, so both are queued in one step.
            lock (_pings)
            {
                if (_isClosed) throw Disconnected();
                _pings.Enqueue(pong);
            }

            await WriteAsync(default(PingCommand), cancellationToken);
        }
        finally
        {
            _writing.Release();
        }

        await pong.Task.WaitAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        await stream.DisposeAsync();
        await input.CompleteAsync();
    }

    private async ValueTask WriteAsync<TCommand>(TCommand command, CancellationToken cancellationToken)
        where TCommand : struct, ICommand
    {
        if (_isClosed) throw Disconnected();
        command.WriteTo(_output.Writer);
        var flushed = await _output.Writer.FlushAsync(cancellationToken);
        if (flushed.IsCompleted) throw Disconnected();
    }

    private async Task WriteLoopAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                var read = await _output.Reader.ReadAsync(cancellationToken);
                foreach (var segment in read.Buffer)
                    await stream.WriteAsync(segment, cancellationToken);
                await stream.FlushAsync(cancellationToken);
                _output.Reader.AdvanceTo(read.Buffer.End);
            }
        }
        finally
        {
            await _output.Reader.CompleteAsync();
        }
    }

    private async Task ReadLoopAsync(ILinkEvents events, CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await input.ReadAsync(cancellationToken);
            var buffer = read.Buffer;
            while (FrameParser.TryRead(ref buffer, out var frame))
                await HandleAsync(frame, events, cancellationToken);
            if (read.IsCompleted) throw Disconnected();
            input.AdvanceTo(buffer.Start, buffer.End);
        }
    }

    private async ValueTask HandleAsync(ServerFrame frame, ILinkEvents events, CancellationToken cancellationToken)
    {
        switch (frame.Kind)
        {
            case FrameKind.Message when !events.Deliver(frame.SubscriptionId, frame.Message!):
                await SendAsync(new UnsubscribeCommand(frame.SubscriptionId), cancellationToken);
                break;
            case FrameKind.Ping:
                await SendAsync(default(PongCommand), cancellationToken);
                break;
            case FrameKind.Pong:
                lock (_pings)
                {
                    if (_pings.TryDequeue(out var pong)) pong.TrySetResult();
                }

                break;
            case FrameKind.Info:
                Info = frame.Info!;
                events.InfoChanged(Info, address);
                break;
            case FrameKind.Error:
                events.ServerComplained(frame.Error!);
                break;
        }
    }

    private async Task PingLoopAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(options.PingInterval, time);
        var unanswered = new Queue<Task>();
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            while (unanswered.TryPeek(out var oldest) && oldest.IsCompleted)
                await unanswered.Dequeue();
            if (unanswered.Count >= MaxUnansweredPings)
                throw new NatsDisconnectedException($"{address} has not answered for {options.PingInterval.TotalSeconds * MaxUnansweredPings:0.###} s.");
            unanswered.Enqueue(PingAsync(cancellationToken));
        }
    }

    private async Task CloseAsync()
    {
        TaskCompletionSource[] pings;
        lock (_pings)
        {
            if (_isClosed) return;
            _isClosed = true;
            pings = [.. _pings];
            _pings.Clear();
        }

        foreach (var ping in pings)
            ping.TrySetException(Disconnected());
        await _lost.CancelAsync();
    }

    private NatsDisconnectedException Disconnected() => new($"The connection to {address} is lost.");
}
