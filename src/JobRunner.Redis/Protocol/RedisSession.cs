using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Threading.Channels;

namespace JobRunner.Redis.Protocol;

/// <summary>
/// One live connection. One loop writes what senders queue, several requests per packet; another reads replies and
/// hands them out in order. It never comes back: when either loop ends, all that is unanswered fails.
/// </summary>
internal sealed class RedisSession : IAsyncDisposable
{
    private const int ReadBuffer = 32 * 1024;
    private const int FlushThreshold = 64 * 1024;

    private readonly RedisEndpoint _endpoint;
    private readonly TimeProvider _time;
    private readonly Stream _stream;
    private readonly PipeReader _reader;
    private readonly PipeWriter _writer;
    private readonly RespParser _parser = new(new RespLimits());
    private readonly ConcurrentQueue<RedisRequest> _unanswered = new();
    private readonly CancellationTokenSource _closing = new();
    private readonly Channel<RedisRequest> _outgoing =
        Channel.CreateUnbounded<RedisRequest>(new UnboundedChannelOptions { SingleReader = true });

    private string? _abortReason;

    public RedisSession(Stream stream, RedisEndpoint endpoint, TimeProvider time)
    {
        _endpoint = endpoint;
        _time = time;
        _stream = stream;
        _reader = PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: ReadBuffer, leaveOpen: true));
        _writer = PipeWriter.Create(stream, new StreamPipeWriterOptions(leaveOpen: true));
        Ended = RunAsync();
    }

    /// <summary>Completes when the session has ended, with the reason.</summary>
    public Task<RedisConnectionException> Ended { get; }

    /// <summary>Sends a request and waits for its replies.</summary>
    /// <exception cref="RedisConnectionException">The session ended, or the replies took longer than the
    /// timeout, which ends it.</exception>
    public async Task<RespValue[]> SendAsync(RedisRequest request, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (!_outgoing.Writer.TryWrite(request)) throw Failure("the connection is closed", mayHaveRun: false);
        try
        {
            return await request.Replies.WaitAsync(timeout, _time, cancellationToken);
        }
        catch (TimeoutException)
        {
            // Whoever does not take or answer one command answers none behind it either.
            var isOnItsWay = !request.TryWithdraw();
            var neglect = isOnItsWay ? "answer" : "take";
            Abort($"it did not {neglect} {request.Commands[0]} within {timeout.TotalSeconds:0.###} s");
            throw Failure(_abortReason!, isOnItsWay);
        }
        catch (OperationCanceledException)
        {
            request.TryWithdraw();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        Abort("the connection was closed");
        await Ended;
    }

    private void Abort(string reason)
    {
        Interlocked.CompareExchange(ref _abortReason, reason, null);
        _outgoing.Writer.TryComplete();
        _closing.Cancel();
    }

    private async Task<RedisConnectionException> RunAsync()
    {
        // The constructor must return before the first reply.
        await Task.Yield();
        var writing = WriteAllAsync();
        var reading = ReadAllAsync();
        var first = await Task.WhenAny(writing, reading);
        var cause = first.Exception?.InnerException;
        _outgoing.Writer.TryComplete();
        await _closing.CancelAsync();
        await _stream.DisposeAsync();
        await Task.WhenAll(writing, reading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

        var reason = _abortReason ?? cause?.Message ?? "it closed the connection";
        while (_unanswered.TryDequeue(out var request)) request.Fail(Failure(reason, mayHaveRun: true, cause));
        while (_outgoing.Reader.TryRead(out var request)) request.Fail(Failure(reason, mayHaveRun: false, cause));
        var failure = Failure(reason, mayHaveRun: false, cause);
        await _reader.CompleteAsync(failure);
        await _writer.CompleteAsync(failure);
        return failure;
    }

    private async Task WriteAllAsync()
    {
        while (await _outgoing.Reader.WaitToReadAsync(_closing.Token))
        {
            while (_outgoing.Reader.TryRead(out var request))
            {
                if (!request.TryTake()) continue;
                _unanswered.Enqueue(request);
                foreach (var command in request.Commands)
                {
                    await RespWriter.WriteAsync(_writer, command, _closing.Token);
                    if (_writer.UnflushedBytes >= FlushThreshold) await _writer.FlushAsync(_closing.Token);
                }
            }

            await _writer.FlushAsync(_closing.Token);
        }
    }

    private async Task ReadAllAsync()
    {
        while (true)
        {
            var read = await _reader.ReadAsync(_closing.Token);
            var buffer = read.Buffer;
            while (_parser.TryParse(ref buffer, out var reply)) Deliver(reply);
            _reader.AdvanceTo(buffer.Start, read.Buffer.End);
            if (read.IsCompleted) return;
        }
    }

    private void Deliver(RespValue reply)
    {
        // Nothing is subscribed to: a push is the server's own news and answers no command.
        if (reply.Kind == RespKind.Push) return;
        if (!_unanswered.TryPeek(out var request))
            throw new RespProtocolException("Redis answered a command that was not sent.");
        if (request.Add(reply)) _unanswered.TryDequeue(out _);

        // After a failover the old primary is a replica: the name must be looked up again.
        if (reply.IsError && reply.Bytes.Span.StartsWith("READONLY"u8)) Abort("it has become a replica");
    }

    private RedisConnectionException Failure(string reason, bool mayHaveRun, Exception? cause = null) =>
        new($"Redis at {_endpoint} is not available: {reason.TrimEnd('.')}.", cause) { MayHaveRun = mayHaveRun };
}
