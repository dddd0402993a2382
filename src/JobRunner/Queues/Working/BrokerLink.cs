using Microsoft.Extensions.Logging;

namespace JobRunner.Queues.Working;

/// <summary>Whether the broker answers, as all parts of a worker have last seen it: told once when it changes, not at
/// every try.</summary>
internal sealed partial class BrokerLink(WorkedQueue worked)
{
    private readonly Lock _lock = new();
    private bool _wasUp;
    private string? _trouble;

    public bool IsUp => worked.Instruments.Up;

    /// <summary>Whether it has ever answered.</summary>
    public bool WasUp
    {
        get
        {
            lock (_lock)
                return _wasUp;
        }
    }

    /// <summary>Connects, or fails as the queue does.</summary>
    public async Task ConnectAsync(CancellationToken cancellationToken)
    {
        await worked.Queue.ConnectAsync(cancellationToken);
        Up();
    }

    public void Up()
    {
        lock (_lock)
        {
            worked.Instruments.Up = true;
            if (_trouble is not null && _wasUp)
                Returned(worked.Logger, worked.Name);
            else if (!_wasUp)
                Connected(worked.Logger, worked.Name);
            _wasUp = true;
            _trouble = null;
        }
    }

    public void Down(Exception exception)
    {
        lock (_lock)
        {
            worked.Instruments.Up = false;
            worked.Instruments.Waiting(depth: null, oldest: null);
            if (_trouble == exception.Message)
                return;
            _trouble = exception.Message;
            Lost(worked.Logger, worked.Name, exception.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Working on the queue {Queue}")]
    private static partial void Connected(ILogger logger, string queue);

    [LoggerMessage(Level = LogLevel.Information, Message = "The queue {Queue} is back")]
    private static partial void Returned(ILogger logger, string queue);

    [LoggerMessage(Level = LogLevel.Error, Message = "The queue {Queue} is down: {Reason}")]
    private static partial void Lost(ILogger logger, string queue, string reason);
}
